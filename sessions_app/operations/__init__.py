"""Operations: one package per use case, each function one thing that the application can do.

Operations own their transactions and take `now` as a parameter. Import functions from their modules; packages re-export nothing.
"""
