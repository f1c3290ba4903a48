#include <troika/base/error.hpp>
#include <troika/observe/detail/metrics_text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace troika::detail {
namespace {

bool is_name(std::string_view name, bool colons) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    return std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || (colons && c == ':');
    });
}

// Label values escape the quote too, help texts do not.
void append_escaped(std::string& out, std::string_view text, bool label) {
    for (const char c : text) {
        if (c == '\\')
            out += "\\\\";
        else if (c == '\n')
            out += "\\n";
        else if (c == '"' && label)
            out += "\\\"";
        else
            out += c;
    }
}

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::array<char, 32> digits;
    return {digits.data(), std::to_chars(digits.data(), digits.data() + 32, value).ptr};
}

}  // namespace

void check_metric_name(std::string_view name, const MetricLabels& labels, MetricKind kind) {
    const auto refuse = [&](std::string_view what) {
        throw Error("metric \"" + std::string(name) + "\": " + std::string(what));
    };
    if (!is_name(name, true)) refuse("a name is made of letters, digits, '_' and ':'");
    if (kind == MetricKind::counter && !name.ends_with("_total"))
        refuse("the name of a counter ends with _total");
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::string& label = labels[i].first;
        if (!is_name(label, false) || label.starts_with("__"))
            refuse("\"" + label + "\" is no label name");
        if (label == "le" && kind == MetricKind::histogram)
            refuse("the label \"le\" belongs to histograms themselves");
        if (i > 0 && labels[i - 1].first == label)
            refuse("the label \"" + label + "\" comes twice");
    }
}

std::string label_names(const MetricLabels& labels) {
    std::string out = "{";
    for (const auto& [name, value] : labels) {
        if (out.size() > 1) out += ",";
        out += name;
    }
    return out + "}";
}

void MetricsText::family(std::string_view name, std::string_view help, std::string_view kind) {
    out_.append("# HELP ").append(name).append(" ");
    append_escaped(out_, help, false);
    out_.append("\n# TYPE ").append(name).append(" ").append(kind).append("\n");
}

void MetricsText::begin(std::string_view name, std::string_view suffix, const MetricLabels& labels,
                        std::string_view bound) {
    out_.append(name).append(suffix);
    char before = '{';
    const auto label = [&](std::string_view key, std::string_view value) {
        out_ += before;
        out_.append(key).append("=\"");
        append_escaped(out_, value, true);
        out_ += '"';
        before = ',';
    };
    for (const auto& [key, value] : labels) label(key, value);
    if (!bound.empty()) label("le", bound);
    if (before == ',') out_ += '}';
    out_ += ' ';
}

void MetricsText::sample(std::string_view name, const MetricLabels& labels, std::uint64_t value) {
    begin(name, "", labels);
    out_.append(std::to_string(value)).append("\n");
}

void MetricsText::sample(std::string_view name, const MetricLabels& labels, double value) {
    begin(name, "", labels);
    out_.append(number(value)).append("\n");
}

void MetricsText::histogram(std::string_view name, const MetricLabels& labels,
                            const Histogram& histogram) {
    const std::vector<std::uint64_t> buckets = histogram.buckets();
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        count += buckets[i];
        const bool last = i + 1 == buckets.size();
        begin(name, "_bucket", labels, last ? "+Inf" : number(histogram.bounds()[i]));
        out_.append(std::to_string(count)).append("\n");
    }
    begin(name, "_sum", labels);
    out_.append(number(histogram.sum())).append("\n");
    begin(name, "_count", labels);
    out_.append(std::to_string(count)).append("\n");
}

}  // namespace troika::detail
