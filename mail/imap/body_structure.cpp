#include "mail/imap/body_structure.hpp"

#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "mail/header/lexer.hpp"
#include "mail/imap/cut.hpp"
#include "mail/imap/wire.hpp"

namespace understudy::mail::imap {
namespace {

using header::Lexer;
using Shape = mime::Part::Shape;
using OptionalText = std::optional<std::string_view>;

constexpr std::size_t longest_type = 127;  // no registered name is longer
constexpr std::string_view empty_part = R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0))";
constexpr std::string_view opaque_type = R"("application" "octet-stream")";

/// The fields of a part's header that BODYSTRUCTURE tells; of duplicates the first.
struct Fields {
  OptionalText type, encoding, id, description, md5, disposition, language, location;
};

Fields fields_of(const header::Header& header) {
  Fields out;
  const std::array<std::pair<std::string_view, OptionalText*>, 8> wanted = {{{"type", &out.type},
                                                                             {"transfer-encoding", &out.encoding},
                                                                             {"id", &out.id},
                                                                             {"description", &out.description},
                                                                             {"md5", &out.md5},
                                                                             {"disposition", &out.disposition},
                                                                             {"language", &out.language},
                                                                             {"location", &out.location}}};
  constexpr std::string_view prefix = "content-";
  for (const header::Field& field : header.fields) {
    const auto name = header.name(field);
    if (!base::istarts_with(name, prefix)) continue;
    for (const auto& [rest, place] : wanted)
      if (!*place && base::iequals(name.substr(prefix.size()), rest)) *place = header.value(field);
  }
  return out;
}

/// Writes values, cut at a limit.
class Writer {
 public:
  explicit Writer(std::size_t longest) : longest_(longest) {}

  std::string out;
  bool truncated = false;

  Writer& text(std::string_view value) {
    const auto kept = cut_text(value, longest_);
    truncated = truncated || kept.size() < value.size();
    put_text(out, kept);
    return *this;
  }
  Writer& raw(std::string_view octets) { return out += octets, *this; }
  /// NIL where there is no such field.
  Writer& field(const OptionalText& value) { return value ? text(header::unfold(*value)) : raw("NIL"); }

  Writer& parameters(std::string_view value, bool cut) {
    truncated = truncated || cut;
    const auto start = out.size();
    for (const mime::Parameter& parameter : mime::written_parameters(value)) {
      raw(out.size() == start ? "(" : " ").text(parameter.name).raw(" ").text(parameter.value);
      if (out.size() - start > most_parameter_octets) {
        truncated = true;
        break;
      }
    }
    return raw(out.size() == start ? "NIL" : ")");
  }

  Writer& languages(const OptionalText& value) {
    std::vector<std::string> tags;
    Lexer lexer(value.value_or(""), Lexer::address_specials);
    for (auto token = lexer.next_word(); token.kind != header::Token::Kind::end && tags.size() < 100; token = lexer.next_word())
      if (!token.is(',')) tags.push_back(token.text());
    if (tags.empty()) return raw("NIL");
    if (tags.size() == 1) return text(tags.front());
    for (std::size_t i = 0; i < tags.size(); ++i) raw(i == 0 ? "(" : " ").text(tags[i]);
    return raw(")");
  }

 private:
  static constexpr std::size_t most_parameter_octets = 64 * 1024;
  std::size_t longest_;
};

/// What has to be taken apart and was not.
bool is_opaque(const mime::Part& part) {
  if (part.shape != Shape::leaf) return false;
  const auto& parameters = part.type.parameters;
  if (part.type.type == "multipart") return parameters.truncated || parameters.find("boundary");
  return part.type.type == "message" && (part.type.subtype == "rfc822" || part.type.subtype == "global");
}

bool is_text(const mime::Part& part) {
  return part.type.type == "text" || (part.type.type == "multipart" && !is_opaque(part));
}

std::string encoding_name(const OptionalText& value) {
  const auto word = Lexer(value.value_or(""), Lexer::mime_specials).next_word().text();
  return word.empty() ? "7bit" : word;
}

std::string_view or_else(const std::string& written, std::string_view otherwise) {
  return written.empty() ? otherwise : std::string_view(written);
}

void put_type(std::string& out, const mime::Part& part) {
  const auto& [type, subtype, parameters] = part.type;
  if (is_opaque(part) || type.size() > longest_type || subtype.size() > longest_type) {
    out += opaque_type;
  } else if (part.shape == Shape::message) {
    out += R"("message" "rfc822")";
  } else if (type == "multipart") {
    out += R"("text" "plain")";
  } else {
    put_text(out, type);
    out.push_back(' ');
    put_text(out, subtype);
  }
}

void put_sizes(std::string& out, std::uint64_t size) {
  out.push_back(' ');
  out += std::to_string(size);
}

}  // namespace

void BodyStructureMaker::on_header(const mime::Structure& so_far, std::size_t index, const header::Header& header) {
  parts_.resize(index + 1);
  if (octets_ > limits_.octets) {
    truncated_ = true;
    return;
  }
  const mime::Part& part = so_far.parts[index];
  const Fields fields = fields_of(header);
  Writer writer(limits_.text);
  const auto taken = [&writer] { return std::exchange(writer.out, {}); };
  Written& written = parts_[index];
  if (fields.type && mime::parse_content_type(*fields.type)) {
    writer.parameters(*fields.type, part.type.parameters.truncated);
  } else {
    writer.raw(part.type.type == "text" ? R"(("charset" "us-ascii"))" : "NIL");  // RFC 2045 §5.2
  }
  written.parameters = taken();
  writer.field(fields.id).raw(" ").field(fields.description).raw(" ").text(encoding_name(fields.encoding));
  written.basics = taken();
  if (fields.md5) written.md5 = (writer.field(fields.md5), taken());
  if (part.disposition || fields.language || fields.location) {
    if (part.disposition) {
      writer.raw("(").text(part.disposition->kind).raw(" ");
      writer.parameters(*fields.disposition, part.disposition->parameters.truncated).raw(")");
    } else {
      writer.raw("NIL");
    }
    writer.raw(" ").languages(fields.language).raw(" ").field(fields.location);
    written.extensions = taken();
  }
  truncated_ = truncated_ || writer.truncated;
  if (part.parent && so_far.parts[*part.parent].shape == Shape::message) {
    Envelope envelope = make_envelope(header, limits_.envelope);
    truncated_ = truncated_ || envelope.truncated;
    written.envelope = std::move(envelope.wire);
  }
  octets_ += written.size();
}

/// All that stands before the parts within.
void BodyStructureMaker::open(const mime::Structure& structure, std::size_t index, std::string& out) const {
  const mime::Part& part = structure.parts[index];
  const Written& written = parts_[index];
  out.push_back('(');
  const bool has_parts = index + 1 < structure.parts.size() && structure.parts[index + 1].parent == index;
  if (part.shape == Shape::multipart) {
    if (!has_parts) out += empty_part;
    return;
  }
  put_type(out, part);
  out.push_back(' ');
  out += or_else(written.parameters, "NIL");
  out.push_back(' ');
  out += or_else(written.basics, R"(NIL NIL "7bit")");
  put_sizes(out, part.body.size());
  if (part.shape == Shape::message) {
    out.push_back(' ');
    out += or_else(parts_[index + 1].envelope, empty_envelope);
    out.push_back(' ');
  } else if (is_text(part)) {
    put_sizes(out, part.lines);
  }
}

void BodyStructureMaker::close(const mime::Structure& structure, std::size_t index, std::string& out) const {
  const mime::Part& part = structure.parts[index];
  const Written& written = parts_[index];
  out.push_back(' ');
  if (part.shape == Shape::multipart) {
    put_text(out, part.type.subtype.size() > longest_type ? "mixed" : std::string_view(part.type.subtype));
    out.push_back(' ');
    out += or_else(written.parameters, "NIL");
  } else {
    if (part.shape == Shape::message) out += std::to_string(part.lines) + ' ';
    out += or_else(written.md5, "NIL");
  }
  out.push_back(' ');
  out += or_else(written.extensions, "NIL NIL NIL");
  out.push_back(')');
}

BodyStructure BodyStructureMaker::finish(const mime::Structure& structure) {
  parts_.resize(structure.parts.size());
  BodyStructure result;
  std::string& out = result.wire;
  std::vector<std::size_t> opened;
  for (std::size_t i = 0; i < structure.parts.size(); ++i) {
    for (; !opened.empty() && structure.parts[i].parent != opened.back(); opened.pop_back())
      close(structure, opened.back(), out);
    open(structure, i, out);
    opened.push_back(i);
  }
  for (; !opened.empty(); opened.pop_back()) close(structure, opened.back(), out);
  result.truncated = truncated_;
  return result;
}

}  // namespace understudy::mail::imap
