# imslab_library(NAME [DIR dir] [LINK …] [PRIVATE …]): the sources of a folder as the static library imslab_NAME.
add_library(imslab_options INTERFACE)
target_include_directories(imslab_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(imslab_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # g++ 12 warns of std::string's own code
    $<$<BOOL:${IMSLAB_WERROR}>:-Werror>)
if(CMAKE_POSITION_INDEPENDENT_CODE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(imslab_options INTERFACE -fno-semantic-interposition)
endif()
if(IMSLAB_SANITIZE)
    target_compile_options(imslab_options INTERFACE -fsanitize=${IMSLAB_SANITIZE} -fno-omit-frame-pointer -g1)
    target_link_options(imslab_options INTERFACE -fsanitize=${IMSLAB_SANITIZE})
    if(IMSLAB_SANITIZE MATCHES "undefined")
        target_compile_options(imslab_options INTERFACE -fno-sanitize-recover=undefined)
    endif()
endif()
if(IMSLAB_FUZZ)
    target_compile_options(imslab_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# What programs that keep many transactions allocate with: glibc's allocator searches long bins for them. First among an
# executable's libraries, so that all in the process use it; sanitizers bring their own.
add_library(imslab_allocator INTERFACE)
if(NOT IMSLAB_SANITIZE)
    find_library(MIMALLOC mimalloc REQUIRED)
    target_link_libraries(imslab_allocator INTERFACE ${MIMALLOC})
endif()

function(imslab_library name)
    cmake_parse_arguments(ARG "" "DIR" "LINK;PRIVATE" ${ARGN})
    if(NOT ARG_DIR)
        set(ARG_DIR ${name})
    endif()
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${ARG_DIR}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "/main[^/]*\\.cpp$")
    if(sources)
        add_library(imslab_${name} STATIC ${sources})
        target_link_libraries(imslab_${name} PUBLIC imslab_options ${ARG_LINK} PRIVATE ${ARG_PRIVATE})
    else()
        add_library(imslab_${name} INTERFACE)
        target_link_libraries(imslab_${name} INTERFACE imslab_options ${ARG_LINK} ${ARG_PRIVATE})
    endif()
endfunction()
