#include "archive/journal/sealed_parts.hpp"

#include <algorithm>
#include <optional>

#include "base/aead.hpp"

namespace understudy::archive::journal {
namespace {

constexpr std::size_t nonce_octets = sizeof(base::Nonce);
constexpr std::size_t wrap_octets = nonce_octets + base::SecretKey::size + base::seal_octets;
constexpr std::uint32_t common_number = 0xffffffff;

/// Under which key a part is: that of its own holders, or of the entry's.
enum class Lock : std::uint8_t { own = 1, shared = 2 };

/// Where a part stands: what is sealed for one place opens at no other.
struct Place {
  Position position;
  std::uint32_t number;  ///< of the recipient, or common_number
  base::Digest hash;

  std::string context() const {
    base::Writer out;
    position.encode(out.raw("understudy journal part"));
    return out.u32(number).raw(base::view(hash)).take();
  }
};

Place common_place(const Sealed& sealed) {
  return {sealed.position, common_number, sealed.common.hash};
}

base::SecretKey key_of_parts(const base::SecretKey& of_shard) {
  return base::derive(of_shard, {}, "understudy journal parts");
}

std::string seal_with_nonce(const base::SecretKey& key, const std::string& context, std::string_view plain,
                            base::Random& random) {
  std::string out = random.octets(nonce_octets);
  base::Nonce nonce{};
  std::ranges::copy(out, nonce.begin());
  base::seal(key, nonce, context, plain, out);
  return out;
}

base::Result<std::string> open_with_nonce(const base::SecretKey& key, const std::string& context, std::string_view sealed) {
  if (sealed.size() < nonce_octets) return base::fail("sealed part", base::errc::damaged);
  base::Nonce nonce{};
  std::ranges::copy(sealed.substr(0, nonce_octets), nonce.begin());
  return base::open(key, nonce, context, sealed.substr(nonce_octets));
}

std::string wrap_context(const Place& place, store::Shard shard) {
  return base::Writer().raw("wrap").u8(static_cast<std::uint8_t>(shard.kind)).u64(shard.id).raw(place.context()).take();
}

/// A key that opens a part, and what stands before the part so that it is found again: whose it is, and where there are
/// several, a wrap for each.
struct Opener {
  std::string holders;
  base::SecretKey key;
};

class Locker {
 public:
  Locker(Position position, store::KeyRing& keys, base::Random& random) : position_(position), keys_(keys), random_(random) {}

  base::Result<Opener> opener(const Parties::Shards& shards, const Place& place) {
    base::Writer out;
    out.varint(shards.size());
    const bool wrapped = shards.size() > 1;
    Opener opener{{}, base::SecretKey::make(random_)};
    for (const auto shard : shards) {
      auto made = keys_.make(shard);
      if (!made) return std::unexpected(made.error());
      auto key = key_of_parts(*made);
      out.u8(static_cast<std::uint8_t>(shard.kind)).u64(shard.id);
      if (wrapped) out.raw(seal_with_nonce(key, wrap_context(place, shard), opener.key.view(), random_));
      if (!wrapped) opener.key = std::move(key);
    }
    opener.holders = out.take();
    return opener;
  }

  void lock(SealedPart& part, std::uint32_t number, Lock how, const Opener& opener) {
    base::Writer out(static_cast<std::uint8_t>(how));
    if (how == Lock::own) out.raw(opener.holders);
    std::string plain = part.nonce + part.octets;
    out.raw(seal_with_nonce(opener.key, Place{position_, number, part.hash}.context(), plain, random_));
    base::wipe(plain);
    part.locked = out.take();
  }

 private:
  Position position_;
  store::KeyRing& keys_;
  base::Random& random_;
};

}  // namespace

base::Result<> lock(Sealed& sealed, const Parties& parties, store::KeyRing& keys, base::Random& random) {
  Locker locker(sealed.position, keys, random);
  const auto shared = parties.shared();
  std::optional<Opener> common;
  if (!shared.empty()) {
    auto made = locker.opener(shared, common_place(sealed));
    if (!made) return std::unexpected(made.error());
    common = std::move(*made);
    sealed.holders = common->holders;
    locker.lock(sealed.common, common_number, Lock::shared, *common);
  }
  for (std::uint32_t i = 0; i < sealed.parts.size(); ++i) {
    auto& part = sealed.parts[i];
    const auto& own = i < parties.of_recipient.size() ? parties.of_recipient[i] : shared;
    if (own.empty() || own == shared || own.size() > Parties::most) {
      if (common) locker.lock(part, i, Lock::shared, *common);
      continue;
    }
    auto made = locker.opener(own, {sealed.position, i, part.hash});
    if (!made) return std::unexpected(made.error());
    locker.lock(part, i, Lock::own, *made);
  }
  return {};
}

namespace {

using State = SealedPart::State;

/// What came of looking for the key of a part.
struct Found {
  std::optional<base::SecretKey> key;
  State state = State::damaged;  ///< without a key: why
};

class Unlocker {
 public:
  Unlocker(const Sealed& sealed, const store::KeyRing* keys) : position_(sealed.position), keys_(keys) {
    base::Reader in(sealed.holders);
    if (!in.at_end()) shared_ = find(in, common_place(sealed));
  }

  void open(SealedPart& part, std::uint32_t number) const {
    if (part.locked.empty()) return;
    const Place place{position_, number, part.hash};
    base::Reader in(part.locked);
    const auto how = static_cast<Lock>(in.u8());
    const auto found = how == Lock::own ? find(in, place) : how == Lock::shared ? shared_ : Found();
    part.state = in.ok() ? found.state : State::damaged;
    if (!found.key || !in.ok()) return;
    part.state = State::damaged;
    auto plain = open_with_nonce(*found.key, place.context(), in.rest());
    if (!plain || plain->size() < nonce_size) return;
    part.nonce = plain->substr(0, nonce_size);
    part.octets = plain->substr(nonce_size);
    part.state = State::in_clear;
    base::wipe(*plain);
  }

 private:
  /// By the first holder whose key is there.
  Found find(base::Reader& in, const Place& place) const {
    Found found;
    const auto count = in.varint();
    bool missing = count == 0, damaged = false;
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
      store::Shard shard{};
      shard.kind = static_cast<store::ShardKind>(in.u8());
      shard.id = in.u64();
      const auto wrapped = count > 1 ? in.raw(wrap_octets) : std::string_view();
      if (found.key || !in.ok()) continue;
      auto key = keys_ ? keys_->find(shard) : base::fail("keys", base::errc::no_key);
      if (!key) {
        missing = missing || !keys_ || !keys_->destroyed(shard);
        continue;
      }
      found.key = key_of_parts(*key);
      if (count == 1) continue;
      auto plain = open_with_nonce(*found.key, wrap_context(place, shard), wrapped);
      found.key = plain ? base::SecretKey::from(*plain) : std::nullopt;
      damaged = damaged || !found.key;
      if (plain) base::wipe(*plain);
    }
    found.state = damaged ? State::damaged : missing ? State::key_missing : State::key_destroyed;
    return found;
  }

  Position position_;
  const store::KeyRing* keys_;
  Found shared_;
};

}  // namespace

void unlock(Sealed& sealed, const store::KeyRing* keys) {
  const Unlocker unlocker(sealed, keys);
  unlocker.open(sealed.common, common_number);
  for (std::uint32_t i = 0; i < sealed.parts.size(); ++i) unlocker.open(sealed.parts[i], i);
}

namespace {

/// As Unlocker::find() reads them.
std::vector<store::Shard> shards_in(base::Reader& in) {
  std::vector<store::Shard> shards;
  const auto count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    store::Shard shard{};
    shard.kind = static_cast<store::ShardKind>(in.u8());
    shard.id = in.u64();
    if (count > 1) in.raw(wrap_octets);
    if (in.ok()) shards.push_back(shard);
  }
  return shards;
}

}  // namespace

std::vector<store::Shard> shared_holders_of(const Sealed& sealed) {
  base::Reader in(sealed.holders);
  return in.at_end() ? std::vector<store::Shard>() : shards_in(in);
}

std::set<store::Shard> holders_of(const Sealed& sealed) {
  const auto shared = shared_holders_of(sealed);
  std::set<store::Shard> all(shared.begin(), shared.end());
  for (const auto& part : sealed.parts) {
    base::Reader in(part.locked);
    if (part.locked.empty() || static_cast<Lock>(in.u8()) != Lock::own) continue;
    const auto own = shards_in(in);
    all.insert(own.begin(), own.end());
  }
  return all;
}

std::string_view why_unreadable(const SealedPart& part) {
  switch (part.state) {
    case State::in_clear:
      return {};
    case State::key_destroyed:
      return "its key was destroyed";
    case State::key_missing:
      return "its key is not in the ring";
    case State::damaged:
      return "it cannot be decrypted";
  }
  return {};
}

}  // namespace understudy::archive::journal
