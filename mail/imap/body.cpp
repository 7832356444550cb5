#include "base/text.hpp"
#include "mail/imap/body_structure.hpp"
#include "mail/imap/wire.hpp"

namespace understudy::mail::imap {
namespace {

/// One body that is being read.
struct Level {
  bool multipart = false;
  bool closed = false;  ///< written as far as BODY goes; what follows is extension data
};

/// Walks through the written form and copies what BODY has of it.
class Shortener {
 public:
  explicit Shortener(std::string_view in) : reader_(in) {}

  std::string run() {
    begin();
    while (!levels_.empty() && ok_ && reader_.ok()) step();
    if (!ok_ || !reader_.ok() || !reader_.at_end()) return {};
    return std::move(out_);
  }

 private:
  /// At a "(" that begins a body.
  void begin() {
    ok_ = ok_ && reader_.take('(');
    out_.push_back('(');
    if (reader_.next_is('(')) {
      levels_.push_back({.multipart = true});
      return;
    }
    levels_.push_back({});
    const auto type = copy();
    next();
    const auto subtype = copy();
    for (int i = 0; i < 5; ++i) {  // parameters, id, description, encoding, size
      next();
      copy();
    }
    if (base::iequals(type, R"("message")") && base::iequals(subtype, R"("rfc822")")) {
      next();
      copy();  // the envelope
      next();
      begins_inner_ = true;
      return;
    }
    if (base::iequals(type, R"("text")")) {
      next();
      copy();  // lines
    }
    end_body();
  }

  /// Behind something within the innermost body.
  void step() {
    Level& level = levels_.back();
    if (begins_inner_) {
      begins_inner_ = false;
      begin();
    } else if (level.closed) {
      while (reader_.ok() && !reader_.take(')'))
        if (!reader_.take(' ')) reader_.value();
      levels_.pop_back();
    } else if (level.multipart && reader_.next_is('(')) {
      begin();
    } else {  // the subtype of a multipart, or the lines of a message
      next();
      copy();
      end_body();
    }
  }

  void end_body() {
    out_.push_back(')');
    levels_.back().closed = true;
  }

  std::string_view copy() {
    const auto value = reader_.value();
    out_ += value;
    return value;
  }

  void next() {
    ok_ = ok_ && reader_.take(' ');
    out_.push_back(' ');
  }

  WireReader reader_;
  std::string out_;
  std::vector<Level> levels_;
  bool begins_inner_ = false;
  bool ok_ = true;
};

}  // namespace

std::string body_of(std::string_view body_structure) {
  return Shortener(body_structure).run();
}

}  // namespace understudy::mail::imap
