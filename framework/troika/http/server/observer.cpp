#include <troika/http/server/observer.hpp>

namespace troika::http {

std::string_view to_string(Limit limit) noexcept {
    switch (limit) {
        case Limit::head_time: return "head_time";
        case Limit::head_size: return "head_size";
        case Limit::idle_time: return "idle_time";
        case Limit::body_time: return "body_time";
        case Limit::body_size: return "body_size";
        case Limit::body_room: return "body_room";
        case Limit::handler_time: return "handler_time";
        case Limit::write_time: return "write_time";
        case Limit::connections: return "connections";
        case Limit::connections_per_address: return "connections_per_address";
        case Limit::requests_per_connection: return "requests_per_connection";
        case Limit::descriptors: return "descriptors";
        case Limit::in_flight: return "in_flight";
        case Limit::lag: return "lag";
    }
    return "unknown";
}

}  // namespace troika::http
