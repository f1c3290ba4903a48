#pragma once

namespace troika {
class App;
}

namespace fixture {

//   GET  /ping                         pong
//   GET  /{loop,thread,process}/wait   answers once the file ?gate=PATH is there; PATH.PID marks who waits
//   GET  /loop/block                   the same, but blocks the loop meanwhile
//   GET  /loop/for_ever, /stream       end only when cancelled; /stream sends a first piece before
//   GET  /thread/for_ever              never ends
//   GET  /process/for_ever             never ends, and has a deadline of 300 ms
//   GET  /hold, POST /release          answers once somebody released
//   *    /at/{loop,thread,process}/{what}   one handler in all three places (same_handler)
//   GET  /process/descriptors          the worker's soft and hard descriptor limit: "64 128"
//   GET  /popen, /orphan               a child with a status; a grandchild nobody waits for
void add_routes(troika::App& app);

}  // namespace fixture
