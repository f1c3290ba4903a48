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

JobAnswer run_job(Trampoline run, Function function, Parcel input, std::size_t max_result,
                  const JobLimits& limits) {
    JobAnswer ended;
    try {
        ended.result = run_limited(run, function, std::move(input), limits);
        if (ended.result.size() > max_result) {
            throw Error("the result has " + std::to_string(ended.result.size()) +
                        " bytes, more than the pool's max_result of " + std::to_string(max_result));
        }
        fit_inline(ended.result);
    } catch (const std::bad_alloc& error) {
        ended.error = describe(error);
        if (limits.memory > 0) {
            ended.error->text += ": the job may take " + std::to_string(limits.memory) +
                                 " bytes of memory (max_memory)";
        }
    } catch (const std::exception& error) {
        ended.error = describe(error);
    } catch (...) {
        ended.error = describe_unknown();
    }
    return ended;
}

}  // namespace troika::workers::detail
