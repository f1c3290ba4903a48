#include "metrics_text.hpp"

#include <cmath>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

namespace troika::testing {

namespace {

struct Sample {
    std::string name;
    std::string labels;  // without le, as written
    std::string bound;   // the value of le
    double value = 0;
};

// The buckets, the sum and the count of one set of labels.
struct Histogram {
    double bound = -HUGE_VAL;
    double last = 0;
    bool infinite = false;
    std::optional<double> sum, count;
};

double number(const std::string& text) { return text == "+Inf" ? HUGE_VAL : std::stod(text); }

std::optional<Sample> parse(const std::string& line) {
    static const std::regex form(
        R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*",?)*\})? )re"
        R"re(([-+]?(?:[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|Inf)|NaN))re");
    static const std::regex le(R"re(,?le="([^"]*)")re");
    std::smatch found;
    if (!std::regex_match(line, found, form)) return std::nullopt;
    Sample sample{found[1], found[2], {}, number(found[3])};
    std::smatch bound;
    if (std::regex_search(sample.labels, bound, le)) {
        sample.bound = bound[1];
        sample.labels = bound.prefix().str() + bound.suffix().str();
        if (sample.labels == "{}") sample.labels.clear();
    }
    return sample;
}

class Checker final {
  public:
    void read(const std::string& line) {
        line_ = line;
        if (line.starts_with("# HELP ")) {
            begin_family(line.substr(7, line.find(' ', 7) - 7));
        } else if (line.starts_with("# TYPE ")) {
            type(line.substr(7));
        } else if (const auto sample = parse(line)) {
            if (!series_.insert(line.substr(0, line.rfind(' '))).second) flaw("comes twice");
            check(*sample);
        } else {
            flaw("is no line of the format");
        }
    }
    void end_family() {
        if (!family_.empty() && kind_.empty()) flaw("ends a family without a TYPE");
        if (!family_.empty() && !samples_) flaw("ends a family without a sample");
        for (const auto& [labels, histogram] : histograms_)
            if (!histogram.infinite || !histogram.sum || histogram.count != histogram.last)
                flaw("ends a histogram whose +Inf, _sum and _count do not fit: " + labels);
        histograms_.clear();
    }
    std::vector<std::string> flaws;

  private:
    void flaw(const std::string& what) { flaws.push_back(line_ + ": " + what); }

    void begin_family(const std::string& name) {
        end_family();
        family_ = name;
        kind_.clear();
        samples_ = false;
        if (!families_.insert(name).second) flaw("the family is there already");
    }
    void type(const std::string& text) {
        const auto space = text.find(' ');
        kind_ = text.substr(space + 1);
        if (text.substr(0, space) != family_) flaw("TYPE of another family than the HELP above");
        if (kind_ != "counter" && kind_ != "gauge" && kind_ != "histogram") flaw("unknown TYPE");
        if (kind_ == "counter" && !family_.ends_with("_total")) flaw("a counter without _total");
        if (kind_ != "counter" && family_.ends_with("_total")) flaw("_total, and no counter");
        for (const char* suffix : {"_bucket", "_sum", "_count"})
            if (family_.ends_with(suffix)) flaw("a name that histograms make of theirs");
    }
    void check(const Sample& sample) {
        samples_ = true;
        if (kind_.empty()) flaw("has no TYPE above it");
        if (std::isnan(sample.value)) flaw("is not a number");
        if (kind_ == "counter" && sample.value < 0) flaw("a counter below zero");
        if (kind_ == "histogram") return check_histogram(sample);
        if (sample.name != family_) flaw("stands in another family");
        if (!sample.bound.empty()) flaw("has le, and is no histogram");
    }
    void check_histogram(const Sample& sample) {
        Histogram& histogram = histograms_[sample.labels];
        if (sample.name == family_ + "_sum") {
            histogram.sum = sample.value;
        } else if (sample.name == family_ + "_count") {
            histogram.count = sample.value;
        } else if (sample.name != family_ + "_bucket" || sample.bound.empty()) {
            flaw("stands in another family");
        } else {
            if (number(sample.bound) <= histogram.bound) flaw("the bounds do not grow");
            if (sample.value < histogram.last) flaw("the buckets are not cumulative");
            histogram.bound = number(sample.bound);
            histogram.last = sample.value;
            histogram.infinite = sample.bound == "+Inf";
        }
    }

    std::string line_, family_, kind_;
    bool samples_ = false;
    std::set<std::string> families_, series_;
    std::map<std::string, Histogram> histograms_;
};

}  // namespace

std::vector<std::string> flaws_of_metrics(const std::string& text) {
    Checker checker;
    if (!text.ends_with('\n')) checker.flaws.push_back("the last line has no end");
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) checker.read(line);
    checker.end_family();
    return std::move(checker.flaws);
}

std::map<std::string, double> samples_of_metrics(const std::string& text) {
    std::map<std::string, double> samples;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (parse(line))
            samples[line.substr(0, line.rfind(' '))] = number(line.substr(line.rfind(' ') + 1));
    return samples;
}

}  // namespace troika::testing
