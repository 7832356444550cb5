#include "archive/store/content/recipe.hpp"

#include <algorithm>
#include <limits>

#include "base/bytes.hpp"

namespace understudy::archive::store::content {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t least_own = 4;  // octets of the shortest one that is written
constexpr std::size_t least_shared = 3 + std::tuple_size_v<base::Digest>;
constexpr unsigned line_step = 4;  // characters that three octets become

bool possible(const Form& form) {
  switch (form.kind) {
    case Form::Kind::as_is:
      return true;
    case Form::Kind::base64_crlf:
    case Form::Kind::base64_lf:
      return form.line >= line_step && form.line % line_step == 0 && form.last_end <= Form::LastEnd::there;
  }
  return false;
}

bool possible(const Location& at) {
  return at.segment > 0 && at.length > 0 && at.offset <= std::numeric_limits<std::uint64_t>::max() - at.length;
}

bool possible_octets(std::uint32_t octets) {
  return octets > 0 && octets <= max_block_octets;
}

/// Octets that are there to be given away; less than none is an error, never an overflow.
class Budget {
 public:
  explicit Budget(std::uint64_t octets) : left_(octets) {}
  bool take(std::uint64_t octets) {
    if (octets > left_) return false;
    left_ -= octets;
    return true;
  }

 private:
  std::uint64_t left_;
};

/// Reads the fields of a recipe; what cannot be is told by false, as what is cut is by ok() of the reader.
class Decoder {
 public:
  explicit Decoder(std::string_view fields) : in_(fields) {}

  bool own(std::vector<OwnBlock>& blocks) {
    if (!count(least_own, blocks)) return false;
    for (OwnBlock& block : blocks) {
      block.at.segment = in_.varint();
      block.at.offset = in_.varint();
      if (!small(block.at.length) || !small(block.octets)) return false;
      if (!possible(block.at) || !possible_octets(block.octets)) return false;
    }
    return in_.ok();
  }

  bool shared(std::vector<SharedPart>& parts) {
    if (!count(least_shared, parts)) return false;
    for (SharedPart& part : parts) {
      part.before = in_.varint();
      if (!form(part.form) || !small(part.stored) || !possible_octets(part.stored)) return false;
      part.digest = base::digest_from(in_.raw(part.digest.size()));
    }
    return in_.ok();
  }

  bool at_end() const { return in_.at_end(); }

 private:
  /// A count is believed only as far as that many of them fit into what follows.
  template <class Item>
  bool count(std::size_t least_octets, std::vector<Item>& items) {
    const std::uint64_t claimed = in_.varint();
    if (!in_.ok() || claimed > base::Reader(in_).rest().size() / least_octets) return false;
    items.resize(claimed);
    return true;
  }

  bool small(std::uint32_t& value) {
    const std::uint64_t got = in_.varint();
    value = static_cast<std::uint32_t>(got);
    return in_.ok() && got <= std::numeric_limits<std::uint32_t>::max();
  }

  bool form(Form& form) {
    form.kind = static_cast<Form::Kind>(in_.u8());
    if (form.kind != Form::Kind::as_is) {
      form.line = in_.u8();
      form.last_end = static_cast<Form::LastEnd>(in_.u8());
    }
    return in_.ok() && possible(form);
  }

  base::Reader in_;
};

/// Neither are there more octets than the body has, nor do parts stand behind more own octets than there are.
bool fits(const Recipe& recipe, std::uint64_t octets) {
  Budget body(octets);
  std::uint64_t own = 0;
  for (const OwnBlock& block : recipe.own) {
    if (!body.take(block.octets)) return false;
    own += block.octets;
  }
  Budget before(own);
  return std::all_of(recipe.shared.begin(), recipe.shared.end(), [&](const SharedPart& part) {
    return before.take(part.before) && body.take(octets_in_message(part.form, part.stored));
  });
}

/// Lays a recipe out over its body, from the front.
class Layout {
 public:
  Layout(const Recipe& recipe, std::uint64_t octets) : recipe_(recipe), octets_(octets) {
    steps_.reserve(recipe.own.size() + 2 * recipe.shared.size());
  }

  /// `count` of the body's own octets; false where they are not there or do not fit.
  bool own(std::uint64_t count) {
    if (count > left()) return false;
    while (count > 0) {
      if (block_ == recipe_.own.size()) return false;
      const std::uint32_t size = recipe_.own[block_].octets;
      if (!possible_octets(size)) return false;
      const std::uint64_t taken = std::min<std::uint64_t>(count, size - used_);
      steps_.push_back({Step::From::own, block_, at_, taken, used_});
      at_ += taken;
      count -= taken;
      used_ += static_cast<std::uint32_t>(taken);
      if (used_ < size) continue;
      ++block_;
      used_ = 0;
    }
    return true;
  }

  bool shared(std::size_t index) {
    const SharedPart& part = recipe_.shared[index];
    if (!possible(part.form) || !possible_octets(part.stored)) return false;
    const std::uint64_t size = octets_in_message(part.form, part.stored);
    if (size > left()) return false;
    steps_.push_back({Step::From::shared, index, at_, size, 0});
    at_ += size;
    return true;
  }

  std::uint64_t left() const { return octets_ - at_; }
  bool all_own_used() const { return block_ == recipe_.own.size(); }
  std::vector<Step> take() { return std::move(steps_); }

 private:
  const Recipe& recipe_;
  std::uint64_t octets_;
  std::uint64_t at_ = 0;    // in the body
  std::size_t block_ = 0;   // the own block whose octets come next
  std::uint32_t used_ = 0;  // of it; less than it has
  std::vector<Step> steps_;
};

}  // namespace

std::string Recipe::encode() const {
  base::Writer out(version);
  out.varint(own.size());
  for (const OwnBlock& block : own)
    out.varint(block.at.segment).varint(block.at.offset).varint(block.at.length).varint(block.octets);
  out.varint(shared.size());
  for (const SharedPart& part : shared) {
    out.varint(part.before).u8(static_cast<std::uint8_t>(part.form.kind));
    if (part.form.kind != Form::Kind::as_is) out.u8(part.form.line).u8(static_cast<std::uint8_t>(part.form.last_end));
    out.varint(part.stored).raw(base::view(part.digest));
  }
  return out.take();
}

base::Result<Recipe> Recipe::decode(std::string_view value, std::uint64_t octets) {
  if (value.empty() || value[0] == 0) return base::fail("recipe", base::errc::damaged);
  if (value[0] != version) return base::fail("recipe: version", base::errc::unsupported);
  Decoder in(value.substr(1));
  Recipe recipe;
  if (!in.own(recipe.own) || !in.shared(recipe.shared) || !in.at_end()) return base::fail("recipe", base::errc::damaged);
  if (!fits(recipe, octets)) return base::fail("recipe: lengths", base::errc::damaged);
  return recipe;
}

base::Result<std::vector<Step>> steps_of(const Recipe& recipe, std::uint64_t octets) {
  Layout layout(recipe, octets);
  const auto disagree = [] { return base::fail("recipe: lengths", base::errc::damaged); };
  for (std::size_t i = 0; i < recipe.shared.size(); ++i)
    if (!layout.own(recipe.shared[i].before) || !layout.shared(i)) return disagree();
  if (!layout.own(layout.left()) || !layout.all_own_used()) return disagree();
  return layout.take();
}

}  // namespace understudy::archive::store::content
