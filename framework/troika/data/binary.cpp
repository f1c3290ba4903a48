#include <troika/data/binary.hpp>
#include <troika/data/detail/cbor_reader.hpp>
#include <troika/data/detail/cbor_writer.hpp>

namespace troika::data::detail {

void write_binary(Bytes& out, const void* value, void (*write)(Writer&, const void*)) {
    CborWriter writer(out);
    write(writer, value);
}

void read_binary(std::span<const std::byte> bytes, void* value, void (*read)(Reader&, void*)) {
    CborReader reader(bytes, {});
    read(reader, value);
    reader.finish();
}

}  // namespace troika::data::detail
