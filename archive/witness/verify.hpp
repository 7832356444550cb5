/// What `journal verify` looks at beyond the journal itself: the countersignatures that are kept. Never changes anything.
#pragma once

#include <string>
#include <vector>

#include "archive/journal/log.hpp"
#include "archive/store/store.hpp"
#include "base/result.hpp"

namespace understudy::archive::witness {

/// One line for each countersignature, of our heads and of the other machine's, that does not hold, or that is of a head which
/// is not among ours. That our heads follow from the journal is journal::verify's.
base::Result<std::vector<std::string>> verify(const store::Reader& reader, journal::Log log = {});

}  // namespace understudy::archive::witness
