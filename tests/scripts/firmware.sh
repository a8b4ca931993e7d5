# firmware.sh: firmware from outside of this tree, for the tests of packages and build systems; read after tap.sh. Its
# linker script fetches no names: what links Cairn must.
#
# SPDX-License-Identifier: MIT
tree=$(pwd)
here=$tree/$work
mkdir -p "$here/empty"
program=$tree/tests/build-systems/main.c
served="served by Cairn, granules of 8 bytes"

sed '/^EXTERN(cairn_names)$/d' linker/sections.ld >"$here/sections.ld"

# newlib has neither startup code for a board nor system calls; link_newlib BOARD: how to link it.
runtime="$tree/boards/runtime/startup.c $tree/boards/runtime/syscalls.c $tree/extras/semihosting.c"
link_newlib() {
    echo "-nostartfiles -Wl,--gc-sections -Wl,--no-warn-rwx-segments -T$tree/boards/$1/memory.ld -T$here/sections.ld"
}

# picolibc has all of them, and a linker script. Its memory is that of mps2-an385.
link_picolibc="--crt0=semihost --oslib=semihost -Wl,--gc-sections -Wl,--no-warn-rwx-segments -Wl,--defsym=__flash=0
 -Wl,--defsym=__flash_size=0x400000 -Wl,--defsym=__ram=0x20000000 -Wl,--defsym=__ram_size=0x40000
 -Wl,--defsym=__stack_size=0x1000"

# firmware NAME BOARD C-LIBRARY [FLAG...]: $here/NAME.elf, compiled and linked by one command in an empty folder.
firmware() {
    image=$here/$1
    board=$2
    rm -f "$image.elf"
    case $3 in
    newlib) specs="-I$tree/extras $runtime $(link_newlib "$board")" ;;
    nano) specs="-I$tree/extras $runtime $(link_newlib "$board") --specs=nano.specs -u _printf_float" ;;
    picolibc) specs="--specs=picolibc.specs $link_picolibc" ;;
    esac
    shift 3
    # shellcheck disable=SC2046,SC2086
    (cd "$here/empty" && "${CROSS}gcc" $(cd "$tree" && flags "$board") -O2 ${before:-} $specs "$program" "$@" \
        -Wl,-Map,"$image.map" -o "$image.elf")
}

# runs NAME IMAGE LINE [BOARD]: does the firmware end well, having printed the line, with one heap?
runs() {
    about=boards/${4:-mps2-an385}/board.mk
    machine=$(sed -n 's/^MACHINE *:= *\([^ #]*\).*/\1/p' "$about")
    emulator=$(sed -n 's/^EMULATOR *:= *//p' "$about")
    {
        # shellcheck disable=SC2086
        timeout 60 ${emulator:-qemu-system-arm} -machine "$machine" -kernel "$2" -chardev stdio,id=console \
            -semihosting-config enable=on,chardev=console -display none -monitor none -serial none </dev/null
        echo "status $?"
        tests/one-heap "${2%.elf}.map" || echo "not one heap"
    } >"$work/said" 2>&1
    grep -qxF 'status 0' "$work/said" && grep -qxF -- "$3" "$work/said" && ! grep -qxF 'not one heap' "$work/said"
    result $? "$1" "$work/said"
}
