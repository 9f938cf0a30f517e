# Writes the data files of lab/ into one C++ file, so that the program needs nothing beside it.
# cmake -DOUTPUT=… -DSOURCE_DIR=… -DFILES=a,b -P embed.cmake
string(REPLACE "," ";" FILES "${FILES}")
set(text "// Made by lab/embed.cmake from the data files of lab/.\n#include \"lab/embedded.h\"\n\nnamespace imslab::lab::embedded {\n")
foreach(file ${FILES})
    file(READ "${SOURCE_DIR}/${file}" content)
    string(REGEX REPLACE "[^a-z]" "_" name "${file}")
    string(APPEND text "const std::string_view ${name} = R\"imslab~(${content})imslab~\";\n")
endforeach()
string(APPEND text "}  // namespace imslab::lab::embedded\n")
file(WRITE "${OUTPUT}" "${text}")
