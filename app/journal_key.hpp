/// The file of the key that signs the journal's tree heads, and how that key is replaced so that no crash leaves file and
/// journal of different minds. The file is not in the store: a copy of the store can sign nothing.
#pragma once

#include <filesystem>
#include <optional>

#include "archive/head_signer.hpp"
#include "base/ed25519.hpp"
#include "base/net/link.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace understudy::app {

/// The key of the file, which is made where there is none. `told`: the key that the journal told of last. Ends a replacement
/// that a crash cut: a key that waits beside the file takes its place where the journal has told of it, and goes where not.
base::Result<base::SigningKey> journal_key(const std::filesystem::path& file, const std::optional<base::PublicKey>& told,
                                           base::Random& random);

/// Makes a new key, has the journal tell of it, and puts it in the place of the former one. Gives its public half.
net::Task<base::Result<base::PublicKey>> replace_journal_key(std::filesystem::path file, archive::HeadSigner& signer,
                                                             base::Random& random);

}  // namespace understudy::app
