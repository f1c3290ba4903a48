#pragma once

#include <troika/async/event_loop.hpp>
#include <troika/async/timers.hpp>
#include <troika/workers/detail/exit_report.hpp>
#include <troika/workers/detail/frame.hpp>
#include <troika/workers/detail/shared_page.hpp>
#include <troika/workers/detail/worker_output.hpp>
#include <troika/workers/worker_hooks.hpp>
#include <troika/workers/zygote.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troika::workers::detail {

// The server's end of one worker process: its channel, its shared page, its pidfd. It knows frames
// and processes, and nothing of jobs.
//
//   start ──born/hello──► pid known ──ready──► frames ──► process ended: what it still sent is
//                                                         delivered first, then on_gone()
//
// A worker whose channel ended but who lives on for 100 ms, and is not about to end, is killed.
class WorkerLink final : public std::enable_shared_from_this<WorkerLink>, private Timer {
  public:
    // The owner; told on the loop thread, never after on_gone().
    class Events : public WorkerOutput::Listener {
      public:
        virtual void on_frame(Frame frame) = 0;  // ready, start_failed, result, error, log, metrics
        virtual void on_gone(const ExitReport& report) = 0;

      protected:
        ~Events() = default;
    };

    struct Terms {
        std::uint32_t generation = 0;
        std::size_t max_result = 0;
        bool reports_memory = false;
        std::chrono::nanoseconds spin{0};
    };
    WorkerLink(EventLoop& loop, Events& events, FrameBuffer& buffer, const Terms& terms);
    ~WorkerLink() override;

    // Asks the zygote for the process and sends it its hooks. Returns why that was impossible, or
    // nothing; in the first case on_gone() never comes.
    std::optional<std::string> start(Zygote& zygote, const std::vector<WorkerHook>& hooks,
                                     std::string_view settings);
    // 0 or errno. The parcel must fit.
    int send(FrameHeader header, const Parcel& parcel) noexcept;
    // Said before each job: whether somebody looks for its answer in the mailbox, which a job before
    // may have left open when its answer took the other way.
    void expect_mail(bool looking) noexcept {
        looking ? page_->to_server.start_looking() : void(page_->to_server.look_away());
    }
    void look() {
        if (page_->to_server.delivered()) look_away();
    }
    void look_away() {
        if (page_->to_server.look_away()) take_mail();
    }
    PageContent& page() const noexcept { return *page_.operator->(); }
    pid_t pid() const noexcept { return report_.pid; }
    std::uint32_t generation() const noexcept { return terms_.generation; }
    // The process has ended or is about to: give it nothing more.
    bool closing() const noexcept { return closing_; }

    // An idle worker leaves; what it sends until then still arrives.
    void close_gently() noexcept;
    // `reason` goes into the report.
    void kill(std::string reason) noexcept;

  private:
    void on_due() noexcept override;
    void wait_for_frames();
    void wait_for_end();
    std::size_t largest_frame() const noexcept;
    void read_frames();
    void drain();
    void take_mail();
    void open_mail();
    void kill_for_nonsense(std::string reason) noexcept;
    bool said_something() noexcept;
    void read_output(bool is_more);
    void lost(const FrameHeader& header);
    bool take(ReceiveResult received);
    void learn_pid(std::uint32_t pid);
    void watch();
    void channel_ended() noexcept;
    void process_ended();
    void gone();

    EventLoop& loop_;
    Events& events_;
    FrameBuffer& buffer_;
    const Terms terms_;
    boost::asio::posix::stream_descriptor channel_;
    boost::asio::posix::stream_descriptor process_;
    std::shared_ptr<WorkerOutput> out_;
    std::shared_ptr<WorkerOutput> error_;
    SharedPage page_;
    ExitReport report_;
    std::string killed_because_;
    int looks_at_its_end_ = 0;
    bool closing_ = false;
    bool channel_open_ = true;
    bool gone_ = false;
    bool sent_nonsense_ = false;
    bool late_mail_ = false;  // an answer came by mail, but its channel has ended
};

}  // namespace troika::workers::detail
