#include <troika/async/detail/together.hpp>

#include <utility>

namespace troika::detail {

void Verdict::settled(TaskGroup& group, std::size_t index, const std::exception_ptr& error) {
    if (decided_) return;  // what comes after is the echo of our own cancel
    if (error) {
        errors_.push_back(error);
        if (rule_ != Rule::first_failure_ends) return;
        decided_ = true;
        group.cancel(CancelReason::sibling_failed);
    } else if (rule_ == Rule::first_success_ends) {
        decided_ = true;
        winner_ = index;
        group.cancel(CancelReason::asked);
    }
}

std::size_t Verdict::winner_or_throw() {
    if (winner_ == kNobody) throw GroupError(std::move(errors_));
    return winner_;
}

std::string numbered(std::string_view name, std::size_t index) {
    std::string text(name);
    text += '[';
    text += std::to_string(index);
    text += ']';
    return text;
}

}  // namespace troika::detail
