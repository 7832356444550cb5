/// What is left of a journal entry that has ended, or of which parts have: which, since when, by which entry and why. As JSON.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "archive/journal/entry.hpp"
#include "archive/store/store.hpp"

namespace understudy::app {

/// One element for each entry that ended parts of this one: "by", "time", "reason", "common" (a flag), "recipients" (their
/// numbers in the envelope, from 0). Empty: nothing has ended. An entry that cannot be read is named without time and reason.
boost::json::array endings_of(const archive::store::Reader& reader, const archive::journal::Sealed& sealed);

/// The row of an entry whose common part is gone: nothing but its position, hashes and endings is known.
boost::json::object ended_row(const archive::store::Reader& reader, const archive::journal::Sealed& sealed);

/// "journal entry 0.17 was ended by entry 0.99 at ...: 90 days after arrival"
std::string ended_sentence(const archive::store::Reader& reader, const archive::journal::Sealed& sealed);

}  // namespace understudy::app
