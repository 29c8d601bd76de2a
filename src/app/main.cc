// The one executable.
#include <cstdio>
#include <exception>

#include "app/command_line.h"

int main(int argc, char** argv) {
  try {
    return vigil::app::CommandLine().Run(argc, argv);
  } catch (const std::exception& e) {  // a library's: ours throws none
    std::fprintf(stderr, "vigil: %s\n", e.what());
    return 1;
  }
}
