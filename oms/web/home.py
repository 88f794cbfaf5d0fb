"""(desk being built)"""

from flask import Blueprint

blueprint = Blueprint("home", __name__)
