# The revision this is built from, as one C++ file: cmake -DOUTPUT=… -DSOURCE_DIR=… -P revision.cmake
execute_process(COMMAND git -C ${SOURCE_DIR} rev-parse --short=12 HEAD
    OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
    set(revision "")
endif()
file(WRITE "${OUTPUT}.new" "// Made by lab/revision.cmake.
#include \"lab/version.h\"

namespace imslab::lab {
const char* const kRevision = \"${revision}\";
}
")
# what has not changed is not compiled again
file(COPY_FILE "${OUTPUT}.new" "${OUTPUT}" ONLY_IF_DIFFERENT)
