"""The accounts to try Tuntas with, and what the launcher says when all is up."""

from deploy.local.plan import Plan


def commands(plan: Plan) -> list[list[str]]:
    """The `flask` commands that open the accounts."""
    del plan
    return []


def welcome(plan: Plan) -> str:
    """Where everything is."""
    return f"""
  Form     {plan.public_url}/
  Mailbox  {plan.public_url}/mailbox/
"""
