#include <troika/data/error.hpp>

namespace troika::data {

DecodeError::DecodeError(std::string path, std::string expected, std::string found)
    : Error((path.empty() ? std::string("the document") : path) + ": expected " + expected +
            ", found " + found),
      path_(std::move(path)),
      expected_(std::move(expected)),
      found_(std::move(found)) {}

}  // namespace troika::data
