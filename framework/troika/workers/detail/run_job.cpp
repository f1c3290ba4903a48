#include <troika/workers/detail/frame.hpp>
#include <troika/workers/detail/run_job.hpp>

#include <string>
#include <utility>

namespace troika::workers::detail {

JobOutcome run_job(Trampoline run, Function function, Parcel input, std::size_t max_result) {
    JobOutcome outcome;
    try {
        outcome.result = run(function, std::move(input));
        if (outcome.result.size() > max_result) {
            throw Error("the result has " + std::to_string(outcome.result.size()) +
                        " bytes, more than the pool's max_result of " + std::to_string(max_result));
        }
        fit_inline(outcome.result);
    } catch (const std::exception& error) {
        outcome.error = describe(error);
    } catch (...) {
        outcome.error = describe_unknown();
    }
    return outcome;
}

}  // namespace troika::workers::detail
