#include "archive/journal/key_change.hpp"

namespace understudy::archive::journal {
namespace {
constexpr std::string_view context = "understudy journal key";
}

KeyChange KeyChange::agreed(const base::PublicKey& key, const base::SigningKey& former) {
  return {key, Consent{former.public_key(), former.sign(context, key.view())}};
}

bool KeyChange::holds() const {
  return !consent || base::verify(consent->by, context, key.view(), consent->signature);
}

void KeyChange::encode(base::Writer& out) const {
  out.raw(key.view()).u8(consent ? 1 : 0);
  if (consent) out.raw(consent->by.view()).raw(base::view(consent->signature));
}

KeyChange KeyChange::decode(base::Reader& in) {
  KeyChange change;
  change.key = base::PublicKey::from(in.raw(32));
  if (in.u8() != 0) {
    Consent consent;
    consent.by = base::PublicKey::from(in.raw(32));
    consent.signature = base::signature_from(in.raw(64));
    change.consent = consent;
  }
  return change;
}

}  // namespace understudy::archive::journal
