#include "app/verbs/command_line.hpp"

int main(int argc, char** argv) {
  return understudy::app::run(argc, argv);
}
