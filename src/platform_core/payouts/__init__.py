"""What sellers are owed, and how it reaches them: seller accounts, transfers, and the policy of trying again."""
