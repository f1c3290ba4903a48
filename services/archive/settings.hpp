#pragma once

#include <troika/data/units.hpp>

#include <boost/describe/class.hpp>

#include <filesystem>

namespace archive {

struct Settings {
    std::filesystem::path folder = "data";
    troika::data::ByteSize max_document = std::size_t{64} << 20;
    troika::data::ByteSize max_database = 0;
    troika::data::ByteSize max_loaded = std::size_t{256} << 20;
};
BOOST_DESCRIBE_STRUCT(Settings, (), (folder, max_document, max_database, max_loaded))

}  // namespace archive
