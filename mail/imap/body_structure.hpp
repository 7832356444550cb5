/// BODYSTRUCTURE and BODY of FETCH (RFC 3501 §7.4.2, RFC 9051 §7.5.2) in their written form, made while a StructureParser takes
/// a message apart. Sizes are octets as stored and encoded; lines are line ends in them. Reads no body, decodes nothing;
/// iterative.
///
/// Types and names of parameters are in lower case, everything else stands as in the message: parameters of RFC 2231 in the
/// pieces in which they came, encoded words encoded. Where the grammar has no words for what a message is:
/// - a message part that was not taken apart (encoded in base64, or a limit) is application/octet-stream: a client saves it as
/// a
///   file, which any program opens; an envelope without content would show an empty mail. A multipart beyond a limit likewise.
/// - a multipart without a boundary is text/plain, a multipart in which no boundary stands has one empty text part
/// - message/global is message/rfc822, because a client of IMAP4rev1 takes what follows another type for something else
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/imap/envelope.hpp"
#include "mail/mime/structure.hpp"

namespace understudy::mail::imap {

struct BodyStructureLimits {
  std::size_t octets = 512 * 1024;  ///< of all parts together; beyond, a part has its type and encoding only
  std::size_t text = 8 * 1024;      ///< of each value; the rest is cut, at a whole UTF-8 character
  EnvelopeLimits envelope = {.addresses = 1'000, .octets = 64 * 1024};  ///< of each message within the message
};

struct BodyStructure {
  std::string wire;
  bool truncated = false;  ///< a limit cut something off
};

/// Give it to the StructureParser as its observer; then finish() with what that parser found.
class BodyStructureMaker final : public mime::StructureListener {  // one per message, one thread
 public:
  explicit BodyStructureMaker(const BodyStructureLimits& limits = {}) : limits_(limits) {}
  void on_header(const mime::Structure& so_far, std::size_t index, const header::Header& header) override;
  BodyStructure finish(const mime::Structure& structure);

 private:
  /// What a header says, already in the written form; empty: nothing, or too much for the limits.
  struct Written {
    std::string parameters;  ///< of the type
    std::string basics;      ///< id, description, encoding
    std::string md5;
    std::string extensions;  ///< disposition, language, location
    std::string envelope;    ///< of the message that begins here, where one does within another

    std::size_t size() const { return parameters.size() + basics.size() + md5.size() + extensions.size() + envelope.size(); }
  };

  void open(const mime::Structure& structure, std::size_t index, std::string& out) const;
  void close(const mime::Structure& structure, std::size_t index, std::string& out) const;

  BodyStructureLimits limits_;
  std::vector<Written> parts_;
  std::size_t octets_ = 0;
  bool truncated_ = false;
};

/// BODY, which is BODYSTRUCTURE without the extension data. What is damaged gives "" (so: make it again from the message).
std::string body_of(std::string_view body_structure);

}  // namespace understudy::mail::imap
