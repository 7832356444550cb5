#include "archive/store/rocksdb/body_check.hpp"

#include <limits>

#include "archive/store/content/base64_lines.hpp"

namespace understudy::archive::store {
namespace {

class Assembly {
 public:
  Assembly(const RocksCore& core, const RocksPending& body) : core_(core), body_(body) {}

  base::Result<base::Digest> run(std::uint64_t octets) {
    content::Recipe recipe;
    for (const auto& block : body_.own) recipe.own.push_back({block.at, block.octets});
    recipe.shared = body_.shared;
    auto steps = content::steps_of(recipe, octets);
    if (!steps) return std::unexpected(steps.error());
    for (const auto& step : *steps) {
      auto added = step.from == content::Step::From::own ? add_own(step) : add_part(recipe.shared[step.index]);
      if (!added) return std::unexpected(added.error());
    }
    return hash_.finish();
  }

 private:
  base::Result<std::string> decode(const WrittenBlock& block) const {
    if (block.at.segment == 0) return core_.codec.decode(block.coded, block.octets);
    return core_.decode_block(block.at, block.octets);
  }

  /// An own block: encrypted, where the body is.
  base::Result<std::string> decode_own(std::size_t index) const {
    const WrittenBlock& block = body_.own[index];
    if (!body_.key()) return decode(block);
    const content::BlockName name{body_.body(), static_cast<std::uint32_t>(index), block.octets};
    if (block.at.segment == 0) return core_.decode_sealed(*body_.key(), name, block.coded);
    auto coded = core_.coded_block(block.at);
    if (!coded) return std::unexpected(coded.error());
    return core_.decode_sealed(*body_.key(), name, coded->view());
  }

  base::Result<> add_own(const content::Step& step) {
    if (own_index_ != step.index) {
      auto octets = decode_own(step.index);
      if (!octets) return std::unexpected(octets.error());
      own_ = std::move(*octets);
      own_index_ = step.index;
    }
    hash_.update(std::string_view(own_).substr(step.skip, step.octets));
    return {};
  }

  base::Result<> add_part(const content::SharedPart& piece) {
    const auto ours = body_.parts.find(piece.digest);
    auto octets = ours != body_.parts.end() ? decode(ours->second) : core_.decode_part(piece.digest, piece.stored);
    if (!octets) return std::unexpected(octets.error());
    std::string out;
    content::encode(piece.form, *octets, out);
    hash_.update(out);
    return {};
  }

  const RocksCore& core_;
  const RocksPending& body_;
  base::Sha256 hash_;
  std::string own_;
  std::size_t own_index_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace

base::Result<base::Digest> digest_as_written(const RocksCore& core, const RocksPending& body, std::uint64_t octets) {
  return Assembly(core, body).run(octets);
}

}  // namespace understudy::archive::store
