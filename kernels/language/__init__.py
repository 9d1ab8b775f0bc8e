"""The typed program: types, expressions, statements, operations, and their two spellings."""
