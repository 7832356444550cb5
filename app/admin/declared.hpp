/// What each verb of the admin socket does with what the archive keeps. A verb that is not here does not exist; what stands
/// here decides who may ask for it, whether a second person has to agree, and what the audit journal tells of it.
///
/// A new verb: its handler into handlers.hpp, a line into declared.cpp, a line into the table of docs/audit.md.
#pragma once

#include <map>
#include <string>

#include "app/admin/handlers.hpp"
#include "archive/audit/door.hpp"

namespace understudy::app {

/// For what the audit entry itself brings about (a case, an approval): puts it into the wish, from the same arguments that the
/// handler gets. The error's text is for who asked.
using Prepare = base::Result<>(const archive::Archive& archive, base::WallTime now, Arguments arguments,
                               archive::audit::Wish& wish);

struct Declared {
  archive::audit::Kind kind = archive::audit::Kind::end;  ///< the one with most to answer for
  archive::audit::Reach reach = archive::audit::Reach::none;
  Handler* run = nullptr;
  Prepare* prepare = nullptr;
};

/// By verb: "message/show".
const std::map<std::string, Declared, std::less<>>& declared();

Prepare prepare_case_open, prepare_case_close, prepare_approval;

}  // namespace understudy::app
