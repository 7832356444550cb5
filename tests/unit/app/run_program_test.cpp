#include "app/run_program.hpp"

#include "tests/support/temp_dir.hpp"

using namespace understudy;
using namespace std::chrono_literals;

namespace {

app::Ran shell(const std::string& script, std::chrono::milliseconds wait = 10s, std::size_t most = 100) {
  return app::run_program({"/bin/sh", "-c", script}, wait, most);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_program)

BOOST_AUTO_TEST_CASE(what_a_program_prints_is_told_apart_from_what_it_complains_of) {
  const auto ran = shell("echo out; echo err >&2");
  BOOST_TEST(ran.ended.has_value());
  BOOST_TEST(ran.output == "out\n");
  BOOST_TEST(ran.errors == "err\n");
}

BOOST_AUTO_TEST_CASE(its_words_are_arguments_and_no_shell_reads_them) {
  const auto ran = app::run_program({"/bin/echo", "a b", "$HOME", "`id`"}, 10s, 100);
  BOOST_TEST(ran.output == "a b $HOME `id`\n");
}

BOOST_AUTO_TEST_CASE(it_has_no_input_and_the_signals_of_a_fresh_process) {
  BOOST_TEST(shell("cat; trap").output == "");
  BOOST_TEST(shell("kill -PIPE $$; echo still here").ended.error().text().find("signal 13") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(how_it_failed_is_named) {
  BOOST_TEST(shell("exit 3").ended.error().text().find("it ended with status 3") != std::string::npos);
  BOOST_TEST((shell("printf '%200s'").ended.error().code == base::errc::too_long));
  BOOST_TEST((app::run_program({"/nonexistent/program"}, 10s, 100).ended.error().code == base::errc::io));
}

BOOST_AUTO_TEST_CASE(one_that_does_not_end_is_ended) {
  for (const auto* script : {"sleep 60", "exec >&- 2>&-; sleep 60", "while :; do echo; done"}) {
    const auto before = std::chrono::steady_clock::now();
    const auto ran = shell(script, 200ms, 1 << 30);
    BOOST_TEST((ran.ended.error().code == base::errc::timed_out), script);
    BOOST_TEST((std::chrono::steady_clock::now() - before < 10s), script);
  }
}

BOOST_AUTO_TEST_CASE(more_complaints_than_a_log_wants_are_cut_and_hold_nothing_up) {
  const auto ran = shell("i=0; while [ $i -lt 20000 ]; do echo complaint >&2; i=$((i+1)); done; echo done");
  BOOST_TEST(ran.output == "done\n");
  BOOST_TEST(ran.errors.size() == 4096u);
}

BOOST_AUTO_TEST_SUITE_END()
