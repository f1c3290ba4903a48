#pragma once

#include <troika/http/message/request.hpp>

#include <initializer_list>
#include <string_view>

namespace archive {

// HttpError 400 that names the parameter when the query has one that is not `known`, or one twice: a
// mistyped parameter must not be taken for one that was left out.
void require_known_query(const troika::Request& request,
                         std::initializer_list<std::string_view> known);

}  // namespace archive
