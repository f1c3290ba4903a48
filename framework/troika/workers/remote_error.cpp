#include <troika/workers/remote_error.hpp>

#include <troika/base/check.hpp>
#include <troika/workers/detail/clipped.hpp>

#include <cxxabi.h>
#include <string.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

namespace troika::workers {
namespace {

// A static-initialisation registry like the one of jobs: read-only once main() runs.
ErrorCodec*& first_codec() {
    static ErrorCodec* first = nullptr;
    return first;
}

std::string readable_type(const char* mangled) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> text(
        abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free);
    return status == 0 ? text.get() : mangled;
}

std::string current_type() {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return type != nullptr ? readable_type(type->name()) : "unknown";
}

void put_string(std::string& out, std::string_view text) {
    const auto length = static_cast<std::uint32_t>(text.size());
    out.append(reinterpret_cast<const char*>(&length), sizeof length);
    out.append(text);
}

bool take_string(std::string_view& bytes, std::string& out) {
    std::uint32_t length = 0;
    if (bytes.size() < sizeof length) return false;
    ::memcpy(&length, bytes.data(), sizeof length);
    bytes.remove_prefix(sizeof length);
    if (bytes.size() < length) return false;
    out.assign(bytes.substr(0, length));
    bytes.remove_prefix(length);
    return true;
}

std::string died_text(const WorkerDied::Report& report) {
    std::string text = "job " + report.job + ": worker " + std::to_string(report.pid) + " died: ";
    text += report.reason;
    if (!report.usage.empty()) text += " (" + report.usage + ")";
    return text;
}

}  // namespace

RemoteError::RemoteError(std::string_view job, ErrorData data)
    : Error("job " + std::string(job) + ": " + data.type + ": " + data.text),
      job_(job),
      data_(std::move(data)) {}

WorkerDied::WorkerDied(Report report) : Error(died_text(report)), report_(std::move(report)) {}

ErrorCodec::ErrorCodec(std::string_view kind, Encode encode, Rethrow rethrow)
    : kind_(kind), encode_(encode), rethrow_(rethrow), next_(std::exchange(first_codec(), this)) {
    for (const ErrorCodec* other = next_; other != nullptr; other = other->next_) {
        TROIKA_CHECK(other->kind_ != kind, "two error codecs have the same kind");
    }
}

ErrorCodec::~ErrorCodec() {
    for (ErrorCodec** link = &first_codec(); *link != nullptr; link = &(*link)->next_) {
        if (*link != this) continue;
        *link = next_;
        return;
    }
}

ErrorData describe(const std::exception& error) {
    for (const ErrorCodec* codec = first_codec(); codec != nullptr; codec = codec->next_) {
        std::optional<ErrorData> data = codec->encode_(error);
        if (!data) continue;
        data->kind = codec->kind_;
        return std::move(*data);
    }
    return {.type = current_type(), .text = detail::clipped(error.what())};
}

ErrorData describe_unknown() {
    return {.kind = "unknown", .type = current_type(), .text = "not a std::exception"};
}

void rethrow_remote(std::string_view job, ErrorData data) {
    for (const ErrorCodec* codec = first_codec(); codec != nullptr; codec = codec->next_) {
        if (codec->kind_ != data.kind) continue;
        codec->rethrow_(data);
        TROIKA_CHECK(false, "an error codec's rethrow returned");
    }
    throw RemoteError(job, std::move(data));
}

std::string encode_error(const ErrorData& data) {
    std::string bytes(1, data.retry_safe ? '\1' : '\0');
    for (const auto* text : {&data.kind, &data.type, &data.text, &data.detail}) {
        put_string(bytes, *text);
    }
    return bytes;
}

ErrorData decode_error(std::string_view bytes) {
    ErrorData data;
    if (!bytes.empty()) {
        data.retry_safe = bytes.front() == '\1';
        bytes.remove_prefix(1);
        if (take_string(bytes, data.kind) && take_string(bytes, data.type) &&
            take_string(bytes, data.text) && take_string(bytes, data.detail) && bytes.empty()) {
            return data;
        }
    }
    return {
        .kind = "unknown", .type = "unknown", .text = "the worker's error report is unreadable"};
}

std::string signal_name(int signal) {
    const char* name = ::sigabbrev_np(signal);
    return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

}  // namespace troika::workers
