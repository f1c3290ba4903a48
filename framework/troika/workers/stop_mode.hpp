#pragma once

namespace troika::workers {

// How a pool stops. In both modes nothing new is accepted and the deadline is kept.
enum class StopMode : bool {
    drain,  // what is queued and what is running finishes first
    now,    // what is queued fails with Stopped, what is running is asked to end
};

}  // namespace troika::workers

namespace troika {
using workers::StopMode;
}  // namespace troika
