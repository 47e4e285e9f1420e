"""Operations: one package or module per use case, one function per action.

Operations own their transactions and take `now` as a parameter. Import functions from their modules; packages re-export nothing.
"""
