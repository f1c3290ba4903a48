#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace troika {

template <typename Signature>
class UniqueFunction;

// A move-only std::function (C++23 has std::move_only_function). Callables of up to three pointers
// that move without throwing live inside, others on the heap. Calling an empty one is undefined.
template <typename R, typename... Args>
class UniqueFunction<R(Args...)> final {
  public:
    UniqueFunction() noexcept = default;
    UniqueFunction(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor)

    template <typename F>
        requires(!std::same_as<std::remove_cvref_t<F>, UniqueFunction> &&
                 std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
    UniqueFunction(F&& callable) {  // NOLINT(google-explicit-constructor): like std::function
        using Callable = std::decay_t<F>;
        if constexpr (kFitsInside<Callable>) {
            ::new (static_cast<void*>(storage_)) Callable(std::forward<F>(callable));
            operations_ = &kInside<Callable>;
        } else {
            ::new (static_cast<void*>(storage_)) Callable*(new Callable(std::forward<F>(callable)));
            operations_ = &kOnHeap<Callable>;
        }
    }

    UniqueFunction(UniqueFunction&& other) noexcept { take(other); }
    UniqueFunction& operator=(UniqueFunction&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    ~UniqueFunction() { reset(); }

    explicit operator bool() const noexcept { return operations_ != nullptr; }

    R operator()(Args... args) const {
        return operations_->call(storage_, std::forward<Args>(args)...);
    }

  private:
    struct Operations {
        R (*call)(void*, Args&&...);
        void (*move)(void* from, void* to) noexcept;  // leaves nothing to destroy in `from`
        void (*destroy)(void*) noexcept;
    };

    static constexpr std::size_t kInsideSize = 3 * sizeof(void*);
    template <typename F>
    static constexpr bool kFitsInside = sizeof(F) <= kInsideSize && alignof(F) <= alignof(void*) &&
                                        std::is_nothrow_move_constructible_v<F>;

    template <typename F>
    static constexpr Operations kInside{
        [](void* self, Args&&... args) -> R {
            return (*static_cast<F*>(self))(std::forward<Args>(args)...);
        },
        [](void* from, void* to) noexcept {
            ::new (to) F(std::move(*static_cast<F*>(from)));
            static_cast<F*>(from)->~F();
        },
        [](void* self) noexcept { static_cast<F*>(self)->~F(); }};

    template <typename F>
    static constexpr Operations kOnHeap{
        [](void* self, Args&&... args) -> R {
            return (**static_cast<F**>(self))(std::forward<Args>(args)...);
        },
        [](void* from, void* to) noexcept { ::new (to) F*(*static_cast<F**>(from)); },
        [](void* self) noexcept { delete *static_cast<F**>(self); }};

    void take(UniqueFunction& other) noexcept {
        operations_ = std::exchange(other.operations_, nullptr);
        if (operations_ != nullptr) operations_->move(other.storage_, storage_);
    }
    void reset() noexcept {
        if (operations_ != nullptr) std::exchange(operations_, nullptr)->destroy(storage_);
    }

    alignas(void*) mutable std::byte storage_[kInsideSize];
    const Operations* operations_ = nullptr;
};

}  // namespace troika
