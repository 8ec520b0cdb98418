#compdef finetune
# Completion of finetune for zsh. The program itself knows what can be written where the cursor is.
_finetune()
{
    local line="${(j: :)words[1,CURRENT]}"
    local -a candidates
    candidates=(${(f)"$(finetune "[suggest:${#line}]" "$line" 2>/dev/null)"})
    # Options only after a dash: elsewhere, files are meant. Windows' /? and /h are not offered.
    candidates=(${candidates:#/[?h]})
    [[ $PREFIX == -* ]] || candidates=(${candidates:#-*})
    if (( ${#candidates} == 0 )); then
        _files
        return
    fi
    # A folder is not followed by a space.
    compadd -S '' -- ${(M)candidates:#*/}
    compadd -- ${candidates:#*/}
}

# As a file of fpath, it completes; sourced, it registers itself.
if [[ $funcstack[1] == _finetune ]]; then
    _finetune "$@"
else
    compdef _finetune finetune
fi
