#include "archive/journal/stored_nodes.hpp"

#include "archive/journal/reader.hpp"

namespace understudy::archive::journal {

std::string node_key(proof::Node node) {
  return base::Writer().u8(static_cast<std::uint8_t>(node.level)).u64(node.index).take();
}

proof::ComputedNodes stored_nodes(const store::Reader& reader, Log log) {
  auto leaf = [&reader, log](std::uint64_t index) { return read_leaf(reader, log, index); };
  auto known = [&reader, log](proof::Node node) -> base::Result<std::optional<base::Digest>> {
    if (!is_stored(node)) return std::optional<base::Digest>();
    return read_node(reader, log, node);
  };
  return proof::ComputedNodes(std::move(leaf), std::move(known));
}

base::Result<std::optional<base::Digest>> read_node(const store::Reader& reader, Log log, proof::Node node) {
  auto value = reader.get(shard_of(log), store::Table::nodes, node_key(node));
  if (!value) return std::unexpected(value.error());
  if (!*value) return std::optional<base::Digest>();
  if ((*value)->size() != sizeof(base::Digest))
    return base::fail("tree node " + std::to_string(node.index) + " on level " + std::to_string(node.level),
                      base::errc::damaged);
  return std::optional(base::digest_from(**value));
}

base::Result<std::optional<proof::Node>> stage_missing_nodes(commit::Stage& stage, const store::Reader& reader, Log log,
                                                             std::uint64_t size, proof::Node from, std::size_t limit) {
  const auto nodes = stored_nodes(reader, log);
  // The higher levels first: that the lowest one is complete says then that all are.
  for (auto node = from; node.level >= node_levels; node = {node.level - node_levels, 0}) {
    for (; node.index < size >> node.level; ++node.index) {
      if (limit-- == 0) return std::optional(node);
      auto there = read_node(reader, log, node);
      if (!there) return std::unexpected(there.error());
      if (*there) continue;
      auto hash = nodes.hash(node);
      if (!hash) return std::unexpected(hash.error());
      stage.put(shard_of(log), store::Table::nodes, node_key(node), std::string(base::view(*hash)));
    }
  }
  return std::optional<proof::Node>();
}

base::Result<bool> lacks_nodes(const store::Reader& reader, Log log, std::uint64_t size) {
  if (size >> node_levels == 0) return false;
  auto last = read_node(reader, log, {node_levels, (size >> node_levels) - 1});
  if (!last) return std::unexpected(last.error());
  return !*last;
}

}  // namespace understudy::archive::journal
