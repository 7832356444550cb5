#include "mail/imap/envelope_view.hpp"

namespace understudy::mail::imap {
namespace {

bool is_text(EnvelopeField field) {
  return field == EnvelopeField::date || field == EnvelopeField::subject || field == EnvelopeField::in_reply_to ||
         field == EnvelopeField::message_id;
}

}  // namespace

std::string AddressView::address() const {
  return host.nil ? mailbox.str() : mailbox.str() + '@' + host.str();
}

AddressCursor::AddressCursor(std::string_view wire) : reader_(wire), inside_(reader_.take('(')) {}

std::optional<AddressView> AddressCursor::next() {
  if (!inside_ || !reader_.take('(')) {
    inside_ = false;
    return std::nullopt;
  }
  AddressView address;
  bool spaced = true;
  const auto text = [&](bool first) {
    spaced = spaced && (first || reader_.take(' '));
    return spaced ? reader_.text() : WireText();
  };
  address.name = text(true);
  text(false);  // the route, by which nobody looks for anything
  address.mailbox = text(false);
  address.host = text(false);
  inside_ = spaced && reader_.ok() && reader_.take(')');
  if (!inside_) return std::nullopt;
  return address;
}

EnvelopeView::EnvelopeView(std::string_view wire) : reader_(wire) {
  damaged_ = !reader_.take('(');
}

std::string_view EnvelopeView::wire(EnvelopeField field) {
  const auto index = static_cast<std::size_t>(field);
  while (count_ <= index && !damaged_) {
    if (count_ > 0 && !reader_.take(' ')) damaged_ = true;
    if (!damaged_) found_[count_] = reader_.value();
    damaged_ = damaged_ || !reader_.ok();
    if (!damaged_) ++count_;
  }
  return index < count_ ? found_[index] : "NIL";
}

WireText EnvelopeView::text(EnvelopeField field) {
  if (!is_text(field)) return {};
  return WireReader(wire(field)).text();
}

bool EnvelopeView::is_whole() {
  wire(EnvelopeField::message_id);
  if (damaged_) return false;
  WireReader rest = reader_;
  return rest.take(')') && rest.at_end();
}

}  // namespace understudy::mail::imap
