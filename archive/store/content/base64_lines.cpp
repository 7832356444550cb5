#include "archive/store/content/base64_lines.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace understudy::archive::store::content {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t foreign = 0xff000000;  // in a place's table: no character of the alphabet

using Place = std::array<std::uint32_t, 256>;

/// What a character means at each of the four places of a group, already where it belongs in the 24 bits.
constexpr std::array<Place, 4> meanings() {
  std::array<Place, 4> places{};
  for (std::size_t at = 0; at < places.size(); ++at) {
    places[at].fill(foreign);
    for (std::size_t value = 0; value < alphabet.size(); ++value)
      places[at][static_cast<unsigned char>(alphabet[value])] = static_cast<std::uint32_t>(value) << (18 - 6 * at);
  }
  return places;
}

using Pair = std::array<char, 2>;

/// The two characters of each 12 bits.
constexpr std::array<Pair, 4096> pairs() {
  std::array<Pair, 4096> all{};
  for (std::size_t bits = 0; bits < all.size(); ++bits) all[bits] = {alphabet[bits >> 6], alphabet[bits & 63]};
  return all;
}

constexpr std::array<Place, 4> meaning = meanings();
constexpr std::array<Pair, 4096> pair_of = pairs();

/// The 24 bits of four characters, or something with bits of `foreign` in it.
std::uint32_t group(const char* in) {
  const auto at = [in](int place) { return meaning[place][static_cast<unsigned char>(in[place])]; };
  return at(0) | at(1) | at(2) | at(3);
}

void put_octets(std::uint32_t bits, char* out) {
  out[0] = static_cast<char>(bits >> 16);
  out[1] = static_cast<char>(bits >> 8);
  out[2] = static_cast<char>(bits);
}

/// One test at the end, so that the loop has no branch but its own. false: what was written means nothing.
bool decode_groups(const char* in, std::size_t characters, char* out) {
  std::uint32_t seen = 0;
  for (const char* const end = in + characters; in != end; in += 4, out += 3) {
    const std::uint32_t bits = group(in);
    seen |= bits;
    put_octets(bits, out);
  }
  return (seen & foreign) == 0;
}

void put_characters(std::uint32_t bits, char* out) {
  std::memcpy(out, pair_of[bits >> 12].data(), 2);
  std::memcpy(out + 2, pair_of[bits & 0xfff].data(), 2);
}

/// Gives the place behind what was written.
char* encode_line(std::string_view octets, char* out) {
  const auto at = [&octets](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(octets[i])); };
  std::size_t i = 0;
  for (; i + 3 <= octets.size(); i += 3, out += 4) put_characters(at(i) << 16 | at(i + 1) << 8 | at(i + 2), out);
  const std::size_t rest = octets.size() - i;
  if (rest == 0) return out;
  put_characters(at(i) << 16 | (rest == 2 ? at(i + 1) << 8 : 0), out);
  if (rest == 1) out[2] = '=';
  out[3] = '=';
  return out + 4;
}

std::string_view line_end(const Form& form) {
  return form.kind == Form::Kind::base64_crlf ? "\r\n" : "\n";
}

}  // namespace

bool is_group(std::string_view characters) {
  return characters.size() == 4 && (group(characters.data()) & foreign) == 0;
}

bool decode_line(std::string_view line, std::string& out) {
  if (line.empty() || line.size() % 4 != 0) return false;
  const std::size_t before = out.size();
  const std::size_t after = before + octets_of_line(line.size());
  bool good = false;
  out.resize_and_overwrite(after, [&](char* data, std::size_t) {  // the size given here is more than asked for in g++ 12
    good = decode_groups(line.data(), line.size(), data + before);
    return good ? after : before;
  });
  return good;
}

bool decode_last_line(std::string_view line, std::string& out) {
  const std::size_t padding = line.ends_with("==") ? 2 : line.ends_with('=') ? 1 : 0;
  if (padding == 0 || line.size() % 4 != 0) return decode_line(line, out);
  std::array<char, 4> last{};
  line.substr(line.size() - 4).copy(last.data(), last.size());
  std::fill(last.end() - padding, last.end(), 'A');  // zero bits
  const std::uint32_t bits = group(last.data());
  const std::uint32_t hidden = padding == 2 ? 0xffff : 0xff;
  if ((bits & (foreign | hidden)) != 0) return false;
  line.remove_suffix(last.size());
  if (!line.empty() && !decode_line(line, out)) return false;
  std::array<char, 3> octets{};
  put_octets(bits, octets.data());
  out.append(octets.data(), octets.size() - padding);
  return true;
}

std::size_t decode_lines(std::string_view in, const Form& form, std::size_t room, std::string& out) {
  const std::size_t characters = form.line;
  const std::size_t whole = characters + line_end(form).size();
  const std::size_t octets = octets_of_line(characters);
  const std::size_t lines = std::min(in.size() / whole, room / octets);
  const std::size_t before = out.size();
  std::size_t taken = 0;
  out.resize_and_overwrite(before + lines * octets, [&](char* data, std::size_t) {
    char* to = data + before;
    for (const char* line = in.data(); taken < lines; ++taken, line += whole, to += octets) {
      if (line[whole - 1] != '\n' || (whole - characters == 2 && line[characters] != '\r')) break;
      if (!decode_groups(line, characters, to)) break;
    }
    return before + taken * octets;
  });
  return taken * whole;
}

void encode(const Form& form, std::string_view stored, std::string& out) {
  if (form.kind == Form::Kind::as_is) {
    out.append(stored);
    return;
  }
  const std::string_view end = line_end(form);
  const std::size_t before = out.size();
  const std::size_t after = before + octets_in_message(form, stored.size());
  out.resize_and_overwrite(after, [&](char* data, std::size_t) {
    for (char* to = data + before; !stored.empty();) {
      const auto line = stored.substr(0, octets_of_line(form.line));
      stored.remove_prefix(line.size());
      to = encode_line(line, to);
      if (!stored.empty() || form.last_end == Form::LastEnd::there) to = std::ranges::copy(end, to).out;
    }
    return after;
  });
}

}  // namespace understudy::archive::store::content
