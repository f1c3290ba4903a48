#include <troika/async/wheel.hpp>

namespace troika {

WheelEntry::~WheelEntry() { unlink(); }

void WheelEntry::unlink() noexcept {
    if (next_ == nullptr) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
}

Wheel::Wheel(Timers& timers) noexcept : timers_(timers), origin_(timers.clock().now()) {
    for (Slot& slot : slots_) slot.next_ = slot.previous_ = &slot;
}

Wheel::~Wheel() {
    for (Slot& slot : slots_) {
        while (slot.next_ != &slot) slot.next_->unlink();
        slot.next_ = slot.previous_ = nullptr;
    }
}

std::uint64_t Wheel::tick_of(Clock::TimePoint time) const noexcept {
    return static_cast<std::uint64_t>((time - origin_) / kTick);
}

void Wheel::set(WheelEntry& entry, Clock::Duration after) {
    entry.unlink();
    // The current tick has begun already, so the entry's own tick is one further: late by up to a
    // tick, never early.
    entry.tick_ = tick_of(now() + after) + 1;
    Slot& slot = slots_[entry.tick_ % kSlots];
    entry.next_ = slot.next_;
    entry.previous_ = &slot;
    slot.next_->previous_ = &entry;
    slot.next_ = &entry;
    if (entry.tick_ < armed_tick_) arm_for(entry.tick_);
}

void Wheel::arm_for(std::uint64_t tick) {
    armed_tick_ = tick;
    timers_.add(*this, origin_ + kTick * static_cast<std::int64_t>(tick));
}

void Wheel::arm_for_next() {
    for (std::uint64_t tick = done_tick_ + 1; tick <= done_tick_ + kSlots; ++tick) {
        const Slot& slot = slots_[tick % kSlots];
        if (slot.next_ != &slot) return arm_for(tick);
    }
}

void Wheel::on_due() noexcept {
    armed_tick_ = ~std::uint64_t{0};
    const std::uint64_t now_tick = tick_of(now());
    // After a long pause (a suspended machine) one turn over every slot is enough.
    const std::uint64_t first =
        now_tick - done_tick_ > kSlots ? now_tick - kSlots + 1 : done_tick_ + 1;
    Slot due;
    due.next_ = due.previous_ = &due;
    for (std::uint64_t tick = first; tick <= now_tick; ++tick) {
        Slot& slot = slots_[tick % kSlots];
        for (WheelEntry* entry = slot.next_; entry != &slot;) {
            WheelEntry* const next = entry->next_;
            if (entry->tick_ <= now_tick) {
                entry->unlink();
                entry->next_ = &due;
                entry->previous_ = due.previous_;
                due.previous_->next_ = entry;
                due.previous_ = entry;
            }
            entry = next;
        }
    }
    done_tick_ = now_tick;
    while (due.next_ != &due) {
        WheelEntry* const entry = due.next_;
        entry->unlink();
        entry->on_due();  // may set or destroy any entry, also one still in `due`
    }
    due.next_ = due.previous_ = nullptr;
    arm_for_next();
}

}  // namespace troika
