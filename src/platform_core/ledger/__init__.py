"""The books: the chart of accounts, holds, reversals, statements and their verification."""
