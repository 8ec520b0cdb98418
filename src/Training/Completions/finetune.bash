# Completion of finetune for bash. The program itself knows what can be written where the cursor is.
_finetune()
{
    local current="${COMP_WORDS[COMP_CWORD]}" candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        candidate="${candidate%$'\r'}"
        # Options only after a dash: elsewhere, files are meant. Windows' /? and /h are not offered.
        if [[ $candidate == "$current"* && $candidate != /[?h] && ( $current == -* || $candidate != -* ) ]]; then
            COMPREPLY+=("$candidate")
        fi
    done < <(finetune "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
    # Names with spaces are quoted, and a folder is not followed by a space.
    if [[ ${COMPREPLY[*]} == *.modelspec* || ${COMPREPLY[*]} == */* ]]; then
        compopt -o filenames 2>/dev/null
    fi
    return 0
}

# Where the program has no words, bash completes the names of files.
complete -o default -F _finetune finetune
