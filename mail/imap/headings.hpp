/// The headings of many messages, packed side by side, so that a text is looked for in all of them in one pass. Knows no store.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/imap/heading.hpp"
#include "mail/imap/text_search.hpp"

namespace understudy::mail::imap {

/// Of messages by their numbers, which grow from row to row. Any thread, once all is added.
class Headings {
 public:
  using Field = HeadingView::Field;

  /// `number`: higher than the one before. A message of which nothing can be known has a row too.
  void add(std::uint32_t number, const std::optional<HeadingView>& heading);
  /// That it takes no more memory than it needs: after the last.
  void shrink();

  /// As a record, for who reads them again together.
  std::string encode() const;
  /// damaged, or unsupported: a version of another kind.
  static base::Result<Headings> decode(std::string_view record);

  std::optional<std::size_t> row(std::uint32_t number) const;
  std::size_t size() const { return rows_.size(); }
  /// Of memory, about.
  std::uint64_t octets() const;

  bool is_known(std::size_t row) const { return rows_[row].known; }
  bool is_known(std::size_t row, Field field) const { return (rows_[row].searched & 1U << static_cast<unsigned>(field)) != 0; }
  /// Of each row whether a value of that field holds the text, which is not empty; false where the field is not known.
  std::vector<bool> find(Field field, const FoldedText& text) const;

  std::optional<std::chrono::sys_seconds> sent(std::size_t row) const;
  std::optional<std::chrono::sys_days> sent_on(std::size_t row) const;
  bool is_reply_or_forward(std::size_t row) const { return rows_[row].reply; }
  ThreadId base_subject(std::size_t row) const { return rows_[row].base_subject; }
  ThreadId message_id(std::size_t row) const { return rows_[row].message_id; }
  std::span<const ThreadId> references(std::size_t row) const;
  /// is_text(field). See sort_key().
  std::string_view key(std::size_t row, SortField field) const;

 private:
  static constexpr std::uint8_t own = 4;  ///< the text that holds keys which stand in no field
  struct Place {
    std::uint32_t at = 0;
    std::uint16_t size = 0;
    std::uint8_t text = own;
  };
  struct Row {
    std::uint32_t number = 0;
    bool known = false;
    bool reply = false;
    bool has_sent = false;
    bool has_sent_on = false;
    std::uint8_t searched = 0;  ///< a bit for each Field
    std::int32_t sent_on = 0;
    std::int64_t sent = 0;
    ThreadId base_subject = 0;
    ThreadId message_id = 0;
    std::uint32_t references_end = 0;
    std::array<std::uint32_t, 4> ends{};  ///< in each field's text
    std::array<Place, 6> keys{};
  };

  Place place(std::string_view key, std::size_t field, const Row& row, const Row& before);

  std::vector<Row> rows_;
  std::array<std::string, own + 1> texts_;
  std::vector<ThreadId> references_;
};

}  // namespace understudy::mail::imap
