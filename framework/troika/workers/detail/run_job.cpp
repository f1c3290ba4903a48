#include <troika/workers/detail/frame.hpp>
#include <troika/workers/detail/run_job.hpp>

#include <new>
#include <string>
#include <utility>

namespace troika::workers::detail {
namespace {

Parcel run_limited(Trampoline run, Function function, Parcel input, const JobLimits& limits) {
    const HeldLimits held(limits);
    return run(function, std::move(input));
}

}  // namespace

JobOutcome run_job(Trampoline run, Function function, Parcel input, std::size_t max_result,
                   const JobLimits& limits) {
    JobOutcome outcome;
    try {
        outcome.result = run_limited(run, function, std::move(input), limits);
        if (outcome.result.size() > max_result) {
            throw Error("the result has " + std::to_string(outcome.result.size()) +
                        " bytes, more than the pool's max_result of " + std::to_string(max_result));
        }
        fit_inline(outcome.result);
    } catch (const std::bad_alloc& error) {
        outcome.error = describe(error);
        if (limits.memory > 0) {
            outcome.error->text += ": the job may take " + std::to_string(limits.memory) +
                                   " bytes of memory (max_memory)";
        }
    } catch (const std::exception& error) {
        outcome.error = describe(error);
    } catch (...) {
        outcome.error = describe_unknown();
    }
    return outcome;
}

}  // namespace troika::workers::detail
