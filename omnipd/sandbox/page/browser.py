def is_browser(request):
    return False
def answer_browser(*a):
    raise NotImplementedError
