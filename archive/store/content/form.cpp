#include "archive/store/content/form.hpp"

namespace understudy::archive::store::content {

std::uint64_t octets_in_message(const Form& form, std::uint64_t stored) {
  if (form.kind == Form::Kind::as_is || stored == 0) return stored;
  const std::uint64_t characters = (stored + 2) / 3 * 4;
  const std::uint64_t lines = (characters + form.line - 1) / form.line;
  const std::uint64_t ends = form.last_end == Form::LastEnd::there ? lines : lines - 1;
  return characters + ends * (form.kind == Form::Kind::base64_crlf ? 2 : 1);
}

}  // namespace understudy::archive::store::content
