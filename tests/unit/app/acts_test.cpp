/// What acts on the machine needs the permit of who asks, and one of a kind that may do it.
#include "app/admin/acts.hpp"

#include "tests/unit/app/admin_world.hpp"

using namespace understudy;
using app::Acts;
using archive::audit::Kind;
using archive::audit::Permit;

namespace {

// Nobody but the door makes a permit, and nothing that acts is called without one: this would not compile.
static_assert(!std::is_default_constructible_v<Permit>);
static_assert(!std::is_constructible_v<Permit, archive::Archive&, Kind>);
template <class Parts>
concept HandsOutMeans = requires(Parts parts) {
  parts.head_signer;
}
|| requires(Parts parts) {
  parts.replace_journal_key;
}
|| requires(Parts parts) {
  parts.reload;
}
|| requires(Parts parts) {
  parts.retry_all;
}
|| requires(Parts parts) {
  parts.custody_report;
}
|| requires(Parts parts) {
  parts.acts.means_;
};
static_assert(!HandsOutMeans<app::AdminParts>);
template <class Parts>
concept SettlesAlone = requires(Parts parts) {
  parts.witness.settle_dispute(nullptr);
};
template <class Parts>
concept EndsAlone = requires(Parts parts) {
  parts.endings->obey(std::uint64_t(0), nullptr);
};
template <class Parts>
concept OpensAlone = requires(Parts parts) {
  parts.door.open({}, nullptr);
};
static_assert(!SettlesAlone<app::AdminParts> && !EndsAlone<app::AdminParts> && !OpensAlone<app::AdminParts>);
template <class A>
concept ActsWithoutPermit = requires(const A& acts) {
  acts.reload();
}
|| requires(const A& acts) {
  acts.retry_all();
}
|| requires(const A& acts) {
  acts.settle_disputes();
}
|| requires(const A& acts) {
  acts.replace_journal_key();
};
static_assert(!ActsWithoutPermit<Acts>);

struct World : test::AdminWorld {
  World()
      : acts({*head_signer, *witness, *audit_witness, nullptr, [this] { done += 1; },
              [this](const archive::outbox::Id&) { done += 1; }, [this] { return key(this); }, [this] { return lines(this); },
              [this](base::WallTime, base::WallTime) { return report(this); }}) {}

  static net::Task<base::Result<base::PublicKey>> key(World* world) {
    world->done += 1;
    co_return base::SigningKey::make(world->random).public_key();
  }
  static net::Task<base::Result<std::vector<std::string>>> lines(World* world) {
    world->done += 1;
    co_return std::vector<std::string>();
  }
  static net::Task<base::Result<boost::json::object>> report(World* world) {
    world->done += 1;
    co_return boost::json::object();
  }
  Permit permit(Kind kind) {
    archive::audit::Wish wish;
    wish.actor = {"root", 0, "test"};
    wish.roles = {archive::audit::Role::administrator, archive::audit::Role::auditor};
    wish.kind = kind;
    std::optional<Permit> given;
    door->open(std::move(wish), [&](base::Result<archive::audit::Door::Answer> answer) {
      if (answer) given.emplace(std::get<Permit>(std::move(*answer)));
    });
    pump();
    BOOST_REQUIRE(given.has_value());
    return std::move(*given);
  }
  /// The error of what was asked for; an empty one: it went well.
  template <class T>
  boost::system::error_code code_of(net::Task<base::Result<T>> task) {
    std::optional<base::Result<T>> result;
    boost::asio::co_spawn(context, std::move(task),
                          [&](std::exception_ptr, base::Result<T> given) { result = std::move(given); });
    for (int turn = 0; !result && turn < 1000; ++turn) {
      context.restart();
      context.poll();
      pump();
    }
    BOOST_REQUIRE(result.has_value());
    return *result ? boost::system::error_code() : result->error().code;
  }
  boost::system::error_code code_of(const base::Result<>& result) {
    return result ? boost::system::error_code() : result.error().code;
  }

  int done = 0;
  Acts acts;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(acts_, World)

BOOST_AUTO_TEST_CASE(each_act_is_refused_to_every_kind_of_permit_but_its_own) {
  using Act = std::function<boost::system::error_code(const Permit&)>;
  const struct {
    const char* name;
    std::set<Kind> kinds;
    Act act;
  } rows[] = {
      {"sign",
       {Kind::configure, Kind::give, Kind::review},
       [&](const Permit& p) { return code_of(acts.sign_head(p, archive::journal::Book::audit)); }},
      {"replace the key", {Kind::configure}, [&](const Permit& p) { return code_of(acts.replace_journal_key(p)); }},
      {"reload", {Kind::configure}, [&](const Permit& p) { return code_of(acts.reload(p)); }},
      {"settle", {Kind::configure}, [&](const Permit& p) { return code_of(acts.settle_disputes(p)); }},
      {"report", {Kind::inspect}, [&](const Permit& p) { return code_of(acts.report_custody(p, {}, {})); }},
      {"end", {Kind::end}, [&](const Permit& p) { return code_of(acts.end(p, {})); }},
      {"obey", {Kind::end}, [&](const Permit& p) { return code_of(acts.obey(p, 1)); }},
      {"decline", {Kind::change}, [&](const Permit& p) { return code_of(acts.decline(p, 1, "no")); }},
      {"retry all", {Kind::change}, [&](const Permit& p) { return code_of(acts.retry_all(p)); }},
      {"retry", {Kind::change}, [&](const Permit& p) { return code_of(acts.retry(p, {})); }},
      {"destroy a key", {Kind::end}, [&](const Permit& p) { return code_of(acts.destroy_key(p, {})); }},
  };
  for (const auto& row : rows)
    for (auto kind = Kind::plain; kind <= archive::audit::last_kind; kind = static_cast<Kind>(static_cast<int>(kind) + 1)) {
      const auto before = done;
      const bool refused = row.act(permit(kind)) == base::errc::refused;
      BOOST_TEST(refused != row.kinds.contains(kind), row.name << " by " << archive::audit::name_of(kind));
      if (refused) BOOST_TEST(done == before);
    }
}

BOOST_AUTO_TEST_SUITE_END()
