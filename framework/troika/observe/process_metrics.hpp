#pragma once

namespace troika {

class Metrics;

// This process as Prometheus' client libraries name it: process_cpu_seconds_total,
// process_resident_memory_bytes, process_open_fds, process_max_fds, process_start_time_seconds,
// process_threads. Read from /proc when rendered; a figure that cannot be read is NaN.
void add_process_metrics(Metrics& metrics);

}  // namespace troika
