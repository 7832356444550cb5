/// Header scan, facts and typed fields: ranges lie in the text and in order; a trace field never leaves its place.
#include <string_view>

#include "fuzz_check.hpp"
#include "mail/header/date.hpp"
#include "mail/header/fields.hpp"
#include "mail/header/identity.hpp"
#include "mail/header/message_id.hpp"
#include "mail/header/received.hpp"

using namespace understudy::mail::header;
using understudy::tests::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Header header = scan(text);
  std::uint64_t last = 0;
  for (const Field& field : header.fields) {
    must(field.whole.begin >= last && field.whole.contains(field.name) && field.whole.contains(field.value));
    must(field.name.end <= field.value.begin);
    last = field.whole.end;
    parse_address_list(header.value(field));
    by_host(header.value(field));
    parse_message_ids(header.value(field));
    must(unfold(header.value(field)).find_first_of("\r\n") == std::string::npos);
  }
  must(last <= header.body && header.body <= size);
  const HeaderFacts facts = scan_facts(text, "mx.example.org");
  must(facts.body == header.body && facts.own_count <= facts.received_count);
  recognise_message_id(text, "mx.example.org", "key");

  Trace trace;
  trace.helo = trace.address = trace.client_name = trace.tls_version = trace.tls_cipher = trace.id = text;
  trace.by = "mx.example.org";
  trace.for_recipient = understudy::mail::address::Address{std::string(text.substr(0, 64)), std::string(text.substr(0, 255))};
  const std::string received = format_received(trace);
  const Header one = scan(received);
  must(one.fields.size() == 1 && one.fields[0].whole.size() == received.size());
  must(by_host(one.value(one.fields[0])) == "mx.example.org");
  return 0;
}
