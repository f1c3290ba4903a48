#include <troika/base/error.hpp>
#include <troika/http/message/request_body.hpp>

namespace troika::http {

std::string_view RequestBody::view() const {
    if (const auto* bytes = std::get_if<Bytes>(&value_)) return bytes->view();
    if (const auto* file = std::get_if<MemoryFile>(&value_)) return file->view();
    if (stream() != nullptr)
        throw Error(
            "the request body is a stream: read it with next(), or register the route as buffered");
    return {};
}

std::size_t RequestBody::size() const {
    if (const auto* file = std::get_if<MemoryFile>(&value_)) return file->size();
    return view().size();
}

Stream* RequestBody::stream() const noexcept {
    const auto* stream = std::get_if<std::unique_ptr<Stream>>(&value_);
    return stream == nullptr ? nullptr : stream->get();
}

}  // namespace troika::http
